export { definePool, nodeReport, type PoolHooks } from './define-pool.js';
export { overridePool, type ProviderOverrider } from './override-pool.js';
