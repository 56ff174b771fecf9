import { ambientConnection, sessionSourceOf, type SqlPool, type SqlResult } from '@nest-pooling/sql';
import { ParametersError, StatementNameError } from '../errors.js';
import { pgError } from './messages.js';
import { pgResult } from './pg-result.js';
import { plainStatement, type PlainStatement } from './plain-statement.js';

type Done = (error: Error | undefined, result?: unknown) => void;

/** Statements that answer the same on the way of our own as on pg's: one, without COPY, and leaving nothing behind. */
const PLAIN = /^(select|insert|update|delete|merge|with|values|table)\b[^;]*$/;
/**
 * `pool.query` by way of `SqlPool.query`: plain statements then share sessions, are prepared when they come often, and on a router
 * run elsewhere when their node dies. What is given back is pg's.
 */
export class Shortcut {
  readonly #source;

  constructor(private readonly pool: SqlPool) {
    this.#source = sessionSourceOf(pool);
  }

  /** Runs it; answers `false` when it is not for this way, and `slowly` has to. */
  run(given: unknown, values: unknown, done: Done, slowly: () => void): boolean {
    const plain = plainStatement(given, values);
    if (plain === undefined) return false;
    const { pins, fingerprint } = this.#source.profile(plain.text);
    if (pins || !PLAIN.test(fingerprint)) return false;
    this.#query(plain).then(
      (result) => done(undefined, pgResult(result, plain.rowMode)),
      (error: unknown) => {
        const told = pgError(error);
        // Nothing was sent, and pg has its own words for it.
        if (told instanceof ParametersError || told instanceof StatementNameError) slowly();
        else done(told);
      },
    );
    return true;
  }

  #query({ text, values, name, rowMode }: PlainStatement): Promise<SqlResult> {
    const { pool } = this;
    const named = name !== undefined || rowMode !== undefined;
    const options = named ? { ...(name && { name }), ...(rowMode && { rowMode }) } : undefined;
    const query = (): Promise<SqlResult> => pool.query(text, values, options);
    // A statement of pg.Pool takes part in no transaction.
    return ambientConnection(pool) === undefined ? query() : pool.outside(query);
  }
}
