export { benchmarks } from './benchmarks.js';
export { measure, type MeasureOptions } from './measure.js';
export { compare, median, type Figure, type Measurements } from './statistics.js';
export type { Subject } from './subject.js';
