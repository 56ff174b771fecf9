import { PoolingError, type Env, type Problems } from '@nest-pooling/core';
import { SqlError } from './errors.js';
import type { EndedStatement, StatementObserver } from './statement-observer.js';

/** One line of the query log. */
export interface StatementLogLine extends Omit<EndedStatement, 'text' | 'error'> {
  /** The statement: its fingerprint, or its text where {@link StatementLogOptions.show} says so. */
  readonly statement: string;
  /** It took longer than {@link StatementLogOptions.slowMs}. */
  readonly slow: boolean;
  /** The code of its error; `undefined` when it was answered. */
  readonly code: string | undefined;
  /** The server's own code. */
  readonly sqlState: string | undefined;
}

/** What of the statements is logged. */
export interface StatementLogOptions {
  /**
   * `slow`: those that take longer than {@link slowMs}. `statements`: every one. Default `off`, which costs nothing; with the pool's
   * preset `development` it is `statements`.
   */
  readonly level?: 'off' | 'slow' | 'statements';
  /** From when on a statement counts as slow, in milliseconds. Default 500. */
  readonly slowMs?: number;
  /**
   * `fingerprint` (the default) shows the statement with `?` for every literal, `text` as it was given: with whatever values stand in it.
   * Parameters are never shown, only counted.
   */
  readonly show?: 'fingerprint' | 'text';
  /** Where the lines go. Default: the application's log, in a Nest application its Logger, else the console. What it throws is dropped. */
  readonly sink?: (line: StatementLogLine) => void;
}

const SLOW_MS = 500;
const LEVELS = ['off', 'slow', 'statements'];
const NAMES = ['level', 'slowMs', 'show', 'sink'];

/** Collects what is wrong with the options under `path`. */
export function checkStatementLog(options: unknown, problems: Problems, path: string): void {
  problems.type(path, options, 'object');
  if (typeof options !== 'object' || options === null) return;
  const { level, slowMs, show, sink } = options as StatementLogOptions;
  problems.unknown(path, options, NAMES);
  problems.oneOf(`${path}.level`, level, LEVELS);
  problems.duration(`${path}.slowMs`, slowMs);
  problems.oneOf(`${path}.show`, show, ['fingerprint', 'text']);
  problems.type(`${path}.sink`, sink, 'function');
}

/** Writes a line for each statement that is worth one. */
export class StatementLog implements StatementObserver {
  readonly timed = true;
  readonly #from: number;
  readonly #slowMs: number;
  readonly #shown: (text: string) => string;
  readonly #sink: (line: StatementLogLine) => void;

  constructor(options: StatementLogOptions, env: Env, fingerprint: (text: string) => string) {
    const { level, slowMs = SLOW_MS, show = 'fingerprint', sink } = options;
    this.#from = level === 'statements' ? -Infinity : slowMs;
    this.#slowMs = slowMs;
    this.#shown = show === 'text' ? (text) => text : fingerprint;
    this.#sink =
      sink ?? ((line) => env.log?.(line.slow ? 'warn' : 'debug', line.node, formatStatement(line)));
  }

  ended({ text, error, ...rest }: EndedStatement): void {
    const { ms } = rest;
    if (ms < this.#from) return;
    const code = error instanceof PoolingError ? error.code : error === undefined ? undefined : 'UNKNOWN';
    const sqlState = error instanceof SqlError ? error.sqlState : undefined;
    try {
      this.#sink({ ...rest, statement: this.#shown(text), slow: ms >= this.#slowMs, code, sqlState });
    } catch {
      // A log that is broken must not break what it tells about.
    }
  }
}

/** A line for humans: `write 12.3 ms, 5 rows: select * from orders where id = ? [1 parameter] by OrdersService.find`. */
export function formatStatement(line: StatementLogLine): string {
  const { lane, ms, rows, code, sqlState, statement, parameters, label, slow } = line;
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const state = sqlState === undefined ? '' : ` ${sqlState}`;
  const outcome = code === undefined ? (rows === null ? '' : `, ${count(rows, 'row')}`) : `, ${code}${state}`;
  const given = parameters === 0 ? '' : ` [${count(parameters, 'parameter')}]`;
  const by = label === undefined ? '' : ` by ${label}`;
  return `${slow ? 'slow: ' : ''}${lane} ${ms.toFixed(1)} ms${outcome}: ${statement}${given}${by}`;
}
