import { SqlCancelledError, SqlConnectionError, SqlTimeoutError, type SqlError } from './errors.js';
import type { Fault } from './fault.js';
import type { NodeSession } from './node-session.js';
import { quarantine } from './quarantine.js';
import type { SqlNode } from './sql-node.js';
import { watchLimits, type StatementLimits } from './statement-limits.js';
import type { Turns } from './turns.js';

/** What goes with a piece of work; see {@link Interruptible}. */
export interface InterruptibleOptions {
  /** Others work on the session too, one at a time. */
  readonly turns?: Turns;
  /** Called once, when the caller is told something. */
  readonly onTold?: () => void;
  /** Called when the work was interrupted on the server. */
  readonly onInterrupted?: (error: SqlError) => void;
  /** Ends what is left of interrupted work; see `Interrupted`. */
  readonly finish?: () => Promise<unknown>;
}

/**
 * Work on a session whose caller can be told before it has ended: the work is cancelled on the server then, and the session goes into
 * quarantine. It begins when its turn has come and the session is quiet, and not at all when its caller was told by then.
 */
export class Interruptible<R> {
  /** What the caller waits for. */
  readonly promise: Promise<R>;
  readonly #running: Promise<R>;
  #begun = false;
  #told = false;
  #reject!: (error: Error) => void;

  constructor(
    private readonly node: SqlNode,
    private readonly entry: NodeSession,
    work: () => Promise<R>,
    private readonly options: InterruptibleOptions = {},
  ) {
    this.#running = this.#run(work);
    this.promise = new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#running.then(
        (result) => this.#tell() && resolve(result),
        (error: unknown) => this.#tell() && reject(error),
      );
    });
  }

  /** Tells the caller now. Without effect when it was told something already. */
  interrupt(error: SqlError): void {
    if (!this.#tell()) return;
    const { finish, onInterrupted } = this.options;
    if (this.#begun) {
      quarantine(this.node, this.entry, { running: this.#running, ...(finish && { finish }) });
      onInterrupted?.(error);
    }
    this.#reject(error);
  }

  async #run(work: () => Promise<R>): Promise<R> {
    const { turns } = this.options;
    const turn = turns?.begin();
    if (turn !== undefined) await turn;
    try {
      const quiet = untilQuiet(this.node, this.entry);
      if (quiet !== undefined) await quiet;
      // Nobody hears it any more.
      if (this.#told) throw new Error('interrupted before it began');
      this.#begun = true;
      return await work();
    } finally {
      turns?.end();
    }
  }

  #tell(): boolean {
    if (this.#told) return false;
    this.#told = true;
    this.options.onTold?.();
    return true;
  }
}

/** Runs work on a session within limits. */
export function within<R>(
  node: SqlNode,
  entry: NodeSession,
  limits: StatementLimits,
  work: () => Promise<R>,
): Promise<R> {
  const reached = limitReached(node, limits);
  if (reached !== undefined) return Promise.reject(reached);
  let unwatch = (): void => {};
  const task = new Interruptible(node, entry, work, { onTold: () => unwatch() });
  unwatch = watchLimits(node.env, limits, (why) => task.interrupt(limitError(node, limits, why)));
  return task.promise;
}

/** What a caller is told who has no time left to begin with: nothing is sent then. */
export function limitReached(node: SqlNode, limits: StatementLimits): SqlError | undefined {
  const { signal, deadline } = limits;
  if (signal?.aborted) return limitError(node, limits, signal);
  const over = deadline !== Infinity && deadline <= node.env.scheduler.now();
  return over ? limitError(node, limits, undefined) : undefined;
}

/** What a caller is told whose limits are reached: `why` is the signal, if it was that. */
export function limitError(
  node: SqlNode,
  { allowedMs }: StatementLimits,
  why: AbortSignal | undefined,
): SqlError {
  return why === undefined
    ? new SqlTimeoutError(node.id, allowedMs)
    : new SqlCancelledError(node.id, why.reason);
}

/** Waits for the end of a quarantine; `undefined` when there is none. What was given up meanwhile must not be used. */
export function untilQuiet(node: SqlNode, entry: NodeSession): Promise<void> | undefined {
  const { session } = entry;
  if (entry.quarantine === undefined && session.state !== 'broken') return undefined;
  return (async () => {
    await entry.quarantine;
    if (session.state !== 'broken') return;
    const cause = new Error('the session was given up');
    const fault: Fault = entry.lost ?? {
      category: 'connection',
      scope: 'session',
      outcome: 'unknown',
      cause,
    };
    throw new SqlConnectionError(node.id, { ...fault, outcome: 'not-sent' });
  })();
}
