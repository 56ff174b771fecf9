import { asChild } from '../in-child.js';
import { mysqlAlone, mysqlExclusive, mysqlReads } from './sections.js';

await asChild({ reads: mysqlReads, exclusive: mysqlExclusive, alone: mysqlAlone });
