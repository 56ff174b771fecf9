export type { CompatOptions, OnReturn, PoolingOptions } from './config.js';
export { CompatUnsupportedError } from './errors.js';
export { createPool } from './pool.js';
export { createPoolCluster } from './pool-cluster.js';
export { mysql2Driver, mysql2Pool } from './mysql2-pool.js';
