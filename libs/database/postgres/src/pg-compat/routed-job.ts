import type { SessionSource, SqlNode } from '@nest-pooling/sql';
import type { PinnedJob } from '@nest-pooling/sql/faces';
import type { RawSession } from './raw-session.js';
import { kindOf, type StatementKind } from './statement-kind.js';

type Settle = (error: Error | null | undefined, result?: unknown) => void;
type Query = (config: unknown, values: unknown, callback?: Settle) => unknown;
type Given = readonly [config: unknown, values: unknown, callback: unknown];

/** A custom query (a cursor, a stream, `pg.Query`): it answers to whom it likes. */
interface Submittable {
  submit(connection: unknown): unknown;
  handleError?(error: Error, connection: unknown): void;
}

/** A statement that waits to be sent. */
interface Job extends PinnedJob<RawSession> {
  readonly kind: StatementKind;
}

/** Makes a job of what `client.query` was given, and what that answers at once. */
export function jobOf(
  source: SessionSource,
  order: number,
  [config, values, callback]: Given,
): { job: Job; answer: unknown } {
  const kind = kindOf(source, config);
  const custom = typeof (config as { submit?: unknown }).submit === 'function';
  if (custom)
    return { job: new CustomJob(order, kind, config as Submittable, values, callback), answer: config };
  const apart = typeof values === 'function' ? undefined : values;
  const own = (config as { callback?: unknown }).callback;
  const settle = typeof values === 'function' ? values : (callback ?? own);
  if (settle !== undefined && settle !== null) {
    if (typeof settle !== 'function') throw new TypeError('callback is not a function');
    return { job: new StatementJob(order, kind, config, apart, settle as Settle), answer: undefined };
  }
  let job!: Job;
  const answer = new Promise((resolve, reject) => {
    job = new StatementJob(order, kind, config, apart, (error, result) =>
      error ? reject(error) : resolve(result),
    );
  }).catch((error: unknown) => {
    // To where the caller waits, and not to the socket that the answer came from.
    if (typeof error === 'object' && error !== null) Error.captureStackTrace(error);
    throw error;
  });
  return { job, answer };
}

class StatementJob implements Job {
  readonly tried: SqlNode[] = [];
  #over = false;

  constructor(
    readonly order: number,
    public kind: StatementKind,
    private readonly config: unknown,
    private readonly values: unknown,
    private readonly settle: Settle,
  ) {}

  send({ client }: RawSession, again: (error: unknown) => boolean): void {
    try {
      (client.query as Query)(this.config, this.values, (error, result) => {
        // pg tells some errors twice: once more when their connection is closed.
        if (this.#over || (error && again(error))) return;
        this.#over = true;
        this.settle(error, result);
      });
    } catch (error) {
      if (this.#over) throw error;
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.#over = true;
    this.settle(error as Error);
  }

  writes(): void {
    const { profile } = this.kind;
    if (profile !== undefined) profile.pace.writes = true;
    this.kind = { ...this.kind, reads: false };
  }
}

class CustomJob implements Job {
  readonly tried: SqlNode[] = [];

  constructor(
    readonly order: number,
    readonly kind: StatementKind,
    private readonly query: Submittable,
    private readonly values: unknown,
    private readonly callback: unknown,
  ) {}

  send({ client }: RawSession): void {
    (client.query as Query)(this.query, this.values, this.callback as Settle);
  }

  fail(error: unknown): void {
    this.query.handleError?.(error as Error, undefined);
  }

  writes(): void {}
}
