export { sqliteDialect } from './classify.js';
export type { Library } from './database.js';
export {
  sqlite,
  type SqliteCommonOptions,
  type SqliteFileOptions,
  type SqliteMemoryOptions,
  type SqliteOptions,
} from './definition.js';
export { SqliteDriver } from './driver.js';
export { checkDriverOptions, type SqliteDriverOptions } from './driver-options.js';
export { sqliteEntry } from './entry.js';
export {
  CommitRolledBackError,
  DriverMissingError,
  LockedForTooLongError,
  ParametersError,
  ResetFailedError,
  ScriptFailedError,
  SessionClosedError,
  SetupFailedError,
  SqliteError,
  type SqliteErrorCode,
  TransactionRolledBackError,
} from './errors.js';
export { sqliteFault } from './fault.js';
export { SqliteSession } from './session.js';
export type { Settings } from './settings.js';
export { SqlitePool } from './sqlite-pool.js';
