import { asChild } from '../in-child.js';
import { aloneSection, exclusiveSection } from './sections/exclusive.js';
import { limitSection } from './sections/limit.js';
import { burstSection, enduranceSection } from './sections/long.js';
import { mixSection } from './sections/mix.js';
import { crowdSection, readsSection } from './sections/reads.js';

await asChild({
  reads: readsSection,
  exclusive: exclusiveSection,
  alone: aloneSection,
  mix: mixSection,
  crowd: crowdSection,
  burst: burstSection,
  endurance: enduranceSection,
  limit: limitSection,
});
