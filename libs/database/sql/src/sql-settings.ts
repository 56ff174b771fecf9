import type { Problems } from '@nest-pooling/core';
import { checkComments, type CommentOptions } from './comments.js';
import { checkStatementLog, type StatementLogOptions } from './statement-log.js';

/** What any pool of a SQL server can be told, whatever the server. */
export interface SqlSettings {
  /**
   * A transaction that is older is ended: what runs in it is cancelled, it is rolled back, and it rejects with `SQL_TRANSACTION_TOO_LONG`,
   * whatever its work is waiting for. In milliseconds, from BEGIN on. Default `Infinity`: never, because only the application knows
   * which of its transactions may be long; 30,000 is a good value for a service. A transaction can have its own.
   */
  readonly maxTransactionMs?: number;
  /** Which statements are logged, and where. Default: none; with the preset `development` every one. */
  readonly log?: StatementLogOptions;
  /** Tags that every statement carries to the server in a comment, in the format of sqlcommenter. Default: none. */
  readonly comment?: CommentOptions;
  /**
   * A statement that returns more rows is an error, `SQL_TOO_MANY_ROWS`: a forgotten LIMIT then costs its caller and not the memory of the
   * process, since rows beyond it are not kept. The server still sends them, so that it is no substitute for a LIMIT; on a session
   * that is shared they hold up its neighbours meanwhile. Not for streams. Default `Infinity`: none. A statement can have its own.
   */
  readonly maxRows?: number;
}

/** The names of {@link SqlSettings}, for those who check options that contain them. */
export const sqlSettingNames: readonly (keyof SqlSettings)[] = [
  'maxTransactionMs',
  'log',
  'comment',
  'maxRows',
];

/** Collects what is wrong with the settings under `path` (empty, or ending in a dot). */
export function checkSqlSettings(settings: SqlSettings, problems: Problems, path = ''): void {
  const at = (name: string): string => `${path}${name}`;
  problems.duration(at('maxTransactionMs'), settings.maxTransactionMs, { min: 1, infinite: true });
  problems.number(at('maxRows'), settings.maxRows, { min: 1, integer: true, infinite: true });
  checkComments(settings.comment, problems, at('comment'));
  checkStatementLog(settings.log, problems, at('log'));
}

/** The settings among the options of a pool. */
export function pickSqlSettings(options: SqlSettings): SqlSettings {
  const given = sqlSettingNames.filter((name) => options[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, options[name]]));
}
