import { asChild } from '../in-child.js';
import { aloneSection } from './sections/alone.js';
import { burstSection } from './sections/burst.js';
import { crowdSection } from './sections/crowd.js';
import { displacementSection } from './sections/displacement.js';
import { memorySection } from './sections/memory.js';

await asChild({
  alone: () => aloneSection('no scope'),
  scoped: () => aloneSection('in a scope'),
  labelled: () => aloneSection('in our scope'),
  crowd: crowdSection,
  burst: burstSection,
  memory: memorySection,
  displacement: displacementSection,
});
