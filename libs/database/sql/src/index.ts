export { analyse, type Classification } from './classify/analyse.js';
export { StatementClassifier, type StatementClassifierOptions } from './classify/classifier.js';
export { Token, Tokenizer, type TokenKind } from './classify/tokenizer.js';
export { ansiDialect, type FunctionEffect, type SqlDialect } from './classify/dialect.js';
export type { PoolUrls, SqlDialectEntry, UrlPoolOptions } from './config/dialect-entry.js';
export { fromEnv, type FromEnvOptions } from './config/from-env.js';
export { fromUrl, type FromUrlOptions } from './config/from-url.js';
export type {
  CredentialsRequest,
  Field,
  FaultContext,
  Lane,
  NodeTarget,
  Position,
  ProbeResult,
  RawResult,
  Role,
  ServerIdentity,
  SqlDriver,
  SqlSession,
  Statement,
  StatementReceiver,
} from './driver.js';
export {
  SqlCancelledError,
  SqlConnectError,
  SqlConnectionError,
  SqlError,
  SqlStartError,
  SqlStatementError,
  SqlTimeoutError,
  type SqlErrorCode,
} from './errors.js';
export { exchange, type Exchange } from './exchange.js';
export {
  SqlNestedTransactionError,
  SqlOutcomeUnknownError,
  SqlTransactionEndedError,
  SqlTransactionFailedError,
  SqlTransactionTooLongError,
} from './transaction-errors.js';
export { LoginGuard, type Login, type LoginWords } from './login-guard.js';
export { untilAborted } from './until-aborted.js';
export { checkSqlSettings, pickSqlSettings, sqlSettingNames, type SqlSettings } from './sql-settings.js';
export type { Fault, FaultKind } from './fault.js';
export type { Attachment, Attachments } from './attachments.js';
export type { CommentOptions, CommentTags } from './comments.js';
export { ambientConnection, inAnyTransaction, inTransaction } from './ambient.js';
export { checkTransactionOptions } from './transaction-options.js';
export { JoiningSqlPool, writeNode, writeNodeOf } from './joining-pool.js';
export { lazyTransaction, type LazyTransactionOptions } from './lazy-transaction.js';
export { lendSession, lendStream, lendTransaction } from './lend.js';
export { nodeReport, subscribeNodes, tuneNodes } from './node-group.js';
export { Pace } from './lanes/pace.js';
export { Profile, StatementBook } from './lanes/statement-book.js';
export type { Activity, NodeSession } from './node-session.js';
export type { SqlResult, SqlRow } from './result.js';
export { resolveHosts } from './resolve-hosts.js';
export { routeKey, type Consistency, type Route } from './route.js';
export { toSqlError, toStatement } from './run-statement.js';
export { sessionsOf } from './sessions-of.js';
export {
  sessionSource,
  sessionSourceOf,
  type BorrowedSession,
  type BorrowOptions,
  type ReadVerdict,
  type SessionSource,
} from './session-source.js';
export {
  DEFAULT_QUERY_TIMEOUT_MS,
  DEFAULT_START_TIMEOUT_MS,
  SingleNodePool,
  type SingleNodePoolOptions,
} from './single-node-pool.js';
export { SqlNode } from './sql-node.js';
export type { SqlNodeOptions } from './sql-node-options.js';
export { untilOneAnswers } from './start.js';
export { formatStatement, type StatementLogLine, type StatementLogOptions } from './statement-log.js';
export { SqlTooManyRowsError } from './too-many-rows.js';
export type { EndedStatement, StatementObserver } from './statement-observer.js';
export {
  SqlPool,
  type QueryOptions,
  type SqlConnection,
  type StreamOptions,
  type TransactionOptions,
  type TransactionRetry,
  type UseOptions,
} from './sql-pool.js';
