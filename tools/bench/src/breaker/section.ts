import { asChild } from '../in-child.js';
import { closedSection } from './sections/closed.js';
import { nestSection } from './sections/nest.js';
import { openSection } from './sections/open.js';

await asChild({
  consecutive: () => closedSection('consecutive'),
  count: () => closedSection('count'),
  time: () => closedSection('time'),
  slow: () => closedSection('slow'),
  both: () => closedSection('both'),
  open: openSection,
  nest: nestSection,
});
