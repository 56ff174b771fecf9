export { mysqlDialect } from './classify.js';
export {
  mysql,
  mysqlReplica,
  type MysqlOptions,
  type MysqlReplicaOptions,
  type MysqlRouterOptions,
} from './definition.js';
export { MysqlDriver } from './driver.js';
export { checkDriverOptions, type MysqlDriverOptions, type MysqlTypes } from './driver-options.js';
export { mysqlEntry } from './entry.js';
export {
  CancelFailedError,
  CommitRolledBackError,
  DriverMissingError,
  LoginRefusedError,
  MysqlError,
  type MysqlErrorCode,
  ParametersError,
  ResetFailedError,
  RoleChangedError,
  SessionBusyError,
  SessionLostError,
  SetupFailedError,
  TransactionRolledBackError,
} from './errors.js';
export { mysqlFault } from './fault.js';
export { insertMany, type InsertManyOptions, type InsertManyResult } from './insert-many.js';
export type { InsertRow } from './insert-rows.js';
export { comparePositions } from './gtid.js';
export { MysqlSession } from './session.js';
export type { Settings } from './settings.js';
export { mysqlNodeOptionNames, mysqlTarget } from './target.js';
export type { MysqlNodeOptions } from './target-options.js';
