export { PoolHealthIndicator, type SaturationOptions } from './pool-health.indicator.js';
