export { PoolHealthIndicator } from './pool-health.indicator.js';
export type { BreakerHealthOptions } from './breaker-health.js';
export type { RouterHealthOptions } from './router-health.js';
export type { SaturationOptions } from './saturation.js';
