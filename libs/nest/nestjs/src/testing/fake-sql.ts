import { Problems, type Definition } from '@nest-pooling/core';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import {
  ansiDialect,
  SingleNodePool,
  StatementClassifier,
  type NodeTarget,
  type RawResult,
  type Role,
  type SqlDriver,
  type SqlPool,
  type Statement,
} from '@nest-pooling/sql';
import { FakeSession } from './fake-session.js';
import { faultOf } from './sql-fault.js';

/** A statement that a fake server was told. */
export interface FakeStatement {
  /** The text as it came: also `BEGIN`, `COMMIT`, `ROLLBACK` and savepoints. */
  readonly text: string;
  /** The values of its parameters. */
  readonly params: readonly unknown[];
  /** The id of the node: the pool's name or, of a router, `name.primary` or `name.replica-1`. */
  readonly node: string;
  /** The number of the session, from 1 on. */
  readonly session: number;
}

/** What a fake server answers: rows, a result with more than rows, or an error (see `sqlFault`). */
export type FakeResult = readonly object[] | Partial<RawResult> | Error;

/** The answer, or what makes it from the statement; a promise that never settles is a statement that hangs. */
export type FakeAnswer =
  | FakeResult
  | ((statement: FakeStatement) => FakeResult | undefined | Promise<FakeResult | undefined>);

/** Options of {@link FakeSql}. */
export interface FakeSqlOptions {
  /** A statement for which there is no answer is an error, but for those of transactions. Default `false`: it has no rows. */
  readonly strict?: boolean;
}

interface Rule {
  readonly matches: (statement: FakeStatement) => boolean;
  readonly answer: FakeAnswer;
}

const CONTROL = /^\s*(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE)\b/i;
const classifier = new StatementClassifier({ ...ansiDialect, dollarQuotes: true });

/**
 * A server of SQL that notes down what it is told and answers as the test says. Pools and routers on top of it are the real ones, so that
 * transactions, timeouts, errors and `@Transactional` do what they do in production:
 *
 * ```ts
 * const sql = new FakeSql().when(/FROM orders/, [{ id: 1 }]);
 * const builder = overridePool(Test.createTestingModule({ imports: [AppModule] }), 'orders', sql.pool());
 * …
 * expect(sql.texts).toEqual(['BEGIN', 'INSERT INTO orders …', 'COMMIT']);
 * ```
 */
export class FakeSql {
  readonly #strict: boolean;
  readonly #rules: Rule[] = [];
  readonly #statements: FakeStatement[] = [];
  #sessions = 0;

  /** @throws OptionsError for options that do not exist */
  constructor(options: FakeSqlOptions = {}) {
    const problems = new Problems();
    problems.unknown('', options, ['strict']);
    problems.type('strict', options.strict, 'boolean');
    problems.throwIfAny('FakeSql');
    this.#strict = options.strict ?? false;
  }

  /** What was told so far, on all nodes, the oldest first. A copy. */
  get statements(): readonly FakeStatement[] {
    return [...this.#statements];
  }

  /** The texts of {@link FakeSql.statements}. */
  get texts(): readonly string[] {
    return this.#statements.map(({ text }) => text);
  }

  /**
   * Says how statements are answered. Where several rules fit, the one that was given last counts; a function that gives `undefined`
   * leaves the statement to those before it.
   *
   * @param match A part of the text, a pattern, or a function.
   */
  when(match: string | RegExp | ((statement: FakeStatement) => boolean), answer: FakeAnswer): this {
    const matches =
      typeof match === 'function'
        ? match
        : typeof match === 'string'
          ? ({ text }: FakeStatement) => text.includes(match)
          : ({ text }: FakeStatement) => text.search(match) >= 0;
    this.#rules.unshift({ matches, answer });
    return this;
  }

  /** Forgets what was told. The answers stay. */
  forget(): void {
    this.#statements.length = 0;
  }

  /** A definition of a pool on it, for {@link overridePool} or `PoolingModule.forRoot`. */
  pool(): Definition<SqlPool> {
    return {
      kind: 'fake',
      open: (name, env) =>
        new SingleNodePool(
          { name, kind: 'fake', driver: this.#driver(), target: targetOf(name), pool: { min: 0, max: 10 } },
          env,
        ),
    };
  }

  /** A definition of a router on it: its primary and its replicas give the same answers and are never behind. */
  router({ replicas = 1 }: { replicas?: number } = {}): Definition<ReadReplicaRouter> {
    const problems = new Problems();
    problems.number('replicas', replicas, { min: 0, integer: true });
    problems.throwIfAny('FakeSql.router');
    return {
      kind: 'fake',
      open: (name, env) =>
        new ReadReplicaRouter(
          {
            name,
            kind: 'fake',
            driver: this.#driver(`${name}.primary`),
            primary: targetOf(`${name}.primary`),
            replicas: Array.from({ length: replicas }, (_, at) => ({
              target: targetOf(`${name}.replica-${at + 1}`),
            })),
            pool: { min: 0, max: 10 },
          },
          env,
        ),
    };
  }

  /** @param primary The only node that takes writes; without it each does. */
  #driver(primary?: string): SqlDriver {
    return {
      dialect: 'fake',
      can: { pipeline: false, cancel: true, positions: false },
      classify: (text) => classifier.classify(text),
      fault: faultOf,
      compare: () => 'reached',
      connect: async ({ id }) => {
        const role: Role = primary === undefined || id === primary ? 'primary' : 'replica';
        const session = ++this.#sessions;
        return new FakeSession(role, (statement) => this.#respond(statement, id, session));
      },
    };
  }

  async #respond({ text, params = [] }: Statement, node: string, session: number): Promise<RawResult> {
    const told: FakeStatement = { text, params, node, session };
    this.#statements.push(told);
    for (const { matches, answer } of this.#rules) {
      if (!matches(told)) continue;
      const result = typeof answer === 'function' ? await answer(told) : answer;
      if (result instanceof Error) throw result;
      if (result !== undefined) return resultOf(text, result);
    }
    if (this.#strict && !CONTROL.test(text))
      throw new Error('FakeSql has no answer to this statement; give it one with when()');
    return resultOf(text, []);
  }
}

function resultOf(text: string, given: readonly object[] | Partial<RawResult>): RawResult {
  const { rows = [], ...more } = Array.isArray(given)
    ? { rows: given as readonly object[] }
    : (given as Partial<RawResult>);
  const fields = Object.keys((rows[0] as object | undefined) ?? {}).map((name) => ({ name }));
  const command = /\w+/.exec(text)?.[0].toUpperCase() ?? '';
  return { rows, rowCount: rows.length, command, fields, ...more };
}

function targetOf(id: string): NodeTarget {
  return { id, host: 'fake', port: 1, proxied: false, credentials: () => Promise.resolve({ user: 'fake' }) };
}
