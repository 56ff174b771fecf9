export { definePool, nodeReport, type PoolHooks } from './define-pool.js';
export {
  FakeSql,
  type FakeAnswer,
  type FakeResult,
  type FakeSqlOptions,
  type FakeStatement,
} from './fake-sql.js';
export { overridePool, type ProviderOverrider } from './override-pool.js';
export { rolledBack } from './rolled-back.js';
export { sqlFault } from './sql-fault.js';
