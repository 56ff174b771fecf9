export type { CompatConfig, OnReturn, PoolingOptions } from './config.js';
export { Pool } from './pool.js';
export { pgDriver, pgPool } from './pg-pool.js';
