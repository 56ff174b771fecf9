import { ambientConnection, sessionSourceOf, type SqlPool, type SqlResult } from '@nest-pooling/sql';
import { ParametersError } from '../errors.js';
import type { Command, Told } from './insides.js';
import { mysql2Error } from './messages.js';

/** Statements that answer rows and nothing else. */
const READS = /^\(*(select|with|values|table)\b[^;]*$/;
/** What a query may have; anything else is for mysql2 alone to understand. */
const KNOWN = new Set(['sql', 'values', 'rowsAsArray', 'infileStreamFactory', 'namedPlaceholders']);
/** The pool prepares what has a name, whatever that is. */
const PREPARED = { name: 'mysql2-compat' } as const;
const ARRAYS = { rowMode: 'array' } as const;

/**
 * Reads of `pool.query` and `pool.execute` by way of `SqlPool.query`: they share sessions, and on a router run elsewhere when their
 * node dies. What is given back is mysql2's. A `query` with values puts them into its text, which makes it another text each time: it is
 * left to a connection.
 */
export class Shortcut {
  readonly #source;

  constructor(private readonly pool: SqlPool) {
    this.#source = sessionSourceOf(pool);
  }

  /** Runs `pool.query`; answers `false` when it is not for this way. */
  query(command: Command): boolean {
    const { onResult, sql, values, namedPlaceholders, _queryOptions: options } = command;
    if (onResult === undefined || values !== undefined || namedPlaceholders || typeof sql !== 'string')
      return false;
    for (const key in options) if (!KNOWN.has(key)) return false;
    if (options?.infileStreamFactory !== undefined || !this.#reads(sql)) return false;
    const told: Told = (error, rows, fields) => {
      if (!error) command.emit('fields', fields);
      command.emit('end');
      onResult(error, rows, fields);
    };
    this.#run(sql, undefined, options?.rowsAsArray ? ARRAYS : undefined).then(
      ({ rows, fields }) => process.nextTick(told, null, rows, fields),
      (error: unknown) => process.nextTick(told, withText(mysql2Error(error), sql)),
    );
    return true;
  }

  /** Runs `pool.execute`; answers `false` when it is not for this way, and `slowly` has to. */
  execute(sql: unknown, values: unknown, told: Told, slowly: () => void): boolean {
    if (typeof sql !== 'string' || !this.#reads(sql)) return false;
    // mysql2 has its own words for what cannot be bound.
    if (values !== undefined && !(Array.isArray(values) && values.every(binds))) return false;
    this.#run(sql, values as readonly unknown[] | undefined, PREPARED).then(
      ({ rows, fields }) => process.nextTick(told, null, rows, fields),
      (error: unknown) => {
        const said = mysql2Error(error);
        // Nothing was sent, and mysql2 has its own way with it.
        if (said instanceof ParametersError) process.nextTick(slowly);
        else process.nextTick(told, withText(said, sql));
      },
    );
    return true;
  }

  #reads(text: string): boolean {
    const { lane, pins, fingerprint, pace } = this.#source.profile(text);
    return lane === 'read' && !pins && !pace.writes && READS.test(fingerprint);
  }

  #run(
    text: string,
    values: readonly unknown[] | undefined,
    options: typeof PREPARED | typeof ARRAYS | undefined,
  ): Promise<SqlResult> {
    const { pool } = this;
    const query = (): Promise<SqlResult> => pool.query(text, values, options);
    // A statement of mysql2's pool takes part in no transaction.
    return ambientConnection(pool) === undefined ? query() : pool.outside(query);
  }
}

function binds(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function';
}

/** As mysql2, which does not always know it of a prepared one. */
function withText(error: Error, sql: string): Error {
  const { errno, sql: known } = error as { errno?: unknown; sql?: unknown };
  return errno === undefined || known !== undefined ? error : Object.assign(error, { sql });
}
