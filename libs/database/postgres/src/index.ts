export { postgresDialect } from './classify.js';
export { copyFrom, copyTo, type CopyFromOptions, type CopyResult, type CopyToOptions } from './copy.js';
export { CopyMisusedError, CopySourceError } from './copy-errors.js';
export type { CopyPiece, CopySource } from './copy-source.js';
export {
  postgres,
  postgresReplica,
  type PostgresOptions,
  type PostgresReplicaOptions,
  type PostgresRouterOptions,
} from './definition.js';
export { PostgresDriver } from './driver.js';
export { checkDriverOptions, type PostgresDriverOptions } from './driver-options.js';
export { postgresEntry } from './entry.js';
export {
  CancelFailedError,
  CommitRolledBackError,
  DriverMissingError,
  LoginRefusedError,
  ParametersError,
  PostgresError,
  type PostgresErrorCode,
  ResetFailedError,
  RoleChangedError,
  SessionBusyError,
  SessionLostError,
  SetupFailedError,
  StatementNameError,
  StatementTextError,
} from './errors.js';
export { postgresFault } from './fault.js';
export { HostUnfitError, NoHostError } from './host-errors.js';
export type { Address } from './host-list.js';
export { insertMany, type InsertManyOptions, type InsertManyResult } from './insert-many.js';
export type { InsertRow } from './row-json.js';
export { listen, notify, type ListenOptions, type Subscription } from './listen.js';
export { ListenFailedError, ListenHandlerError } from './listen-errors.js';
export type { Notification, Reconnected } from './listener.js';
export { comparePositions } from './lsn.js';
export { PostgresSession } from './session.js';
export type { TargetSessionAttrs } from './session-attrs.js';
export type { Proxy } from './session-settings.js';
export type { Settings } from './settings.js';
export { postgresNodeOptionNames, postgresTarget } from './target.js';
export type { PostgresNodeOptions, PostgresTarget } from './target-options.js';
