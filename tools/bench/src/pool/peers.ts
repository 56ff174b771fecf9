import type { Contender } from './contender.js';
import { Generic } from './peers/generic.js';
import { Lightning } from './peers/lightning.js';
import { Mysql } from './peers/mysql.js';
import { PLimit } from './peers/p-limit.js';
import { Pg } from './peers/pg.js';
import { Redis } from './peers/redis.js';
import { Tarn } from './peers/tarn.js';

/** Everybody we are compared with, each new. */
export function peers(): Contender[] {
  return [new Tarn(), new Generic(), new Pg(), new Lightning(), new Mysql(), new Redis(), new PLimit()];
}
