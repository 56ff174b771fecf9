import { runOutsideContext } from '@nest-pooling/core';
import { PoolAbandonedError, PoolClosedError } from '@nest-pooling/pool';
import type { Statement } from '../driver.js';
import { statementError } from '../errors.js';
import type { SqlResult } from '../result.js';
import type { NodeQueryOptions } from '../node-query-options.js';
import type { SqlNode } from '../sql-node.js';
import { Limits } from './limits.js';
import type { Pipe } from './pipe.js';
import { Pipes } from './pipes.js';
import { Read, ReadQueue } from './read.js';
import type { Profile } from './statement-book.js';
import { TurnClock } from './turn-clock.js';
import { Way } from './way.js';

/**
 * Runs reads of many callers on a few sessions: each session has several on the wire, so that one write carries many, one answer
 * brings many, and the server never waits for the next. Only what reads may come here, on sessions that refuse to write: an UPDATE in
 * a pipe could wait for a lock whose owner's next statement stands behind it.
 *
 * It is a borrower like any other: its sessions are leases of the node's pool, taken when several callers want to read at a time,
 * and given back when nobody reads or others wait for them.
 */
export class Multiplexer {
  readonly clock: TurnClock;
  readonly way = new Way();
  readonly #queue = new ReadQueue();
  readonly #pipes: Pipes;
  readonly #limits: Limits;
  #suspended = false;

  constructor(readonly node: SqlNode) {
    this.clock = new TurnClock(node.env.scheduler);
    this.#pipes = new Pipes(this);
    this.#limits = new Limits(node, this.#queue, this.clock);
  }

  /** Reads that wait for a place. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Reads on the wire. */
  get active(): number {
    return this.#pipes.inFlight;
  }

  /** Leases of the pool that it holds. */
  get held(): number {
    return this.#pipes.size;
  }

  /** Whether sharing pays at the moment: somebody else reads too. A single caller is better off alone. */
  get pays(): boolean {
    const { pool } = this.node;
    if (pool.status !== 'active' && pool.status !== 'suspended') return false;
    return this.#pipes.any || this.#queue.length > 0 || pool.leased > 0;
  }

  /** Runs a statement that only reads. */
  run<Row>(
    statement: Statement,
    profile: Profile,
    options: NodeQueryOptions | undefined,
  ): Promise<SqlResult<Row>> {
    const read = new Read(statement, profile, options);
    if (!this.#limits.apply(read)) return read.promise;
    const pipe = this.#queue.length === 0 && !this.#suspended ? this.#pipes.pick() : undefined;
    if (pipe === undefined) this.#enqueue(read, false);
    else this.#send(read, pipe);
    return read.promise;
  }

  /** The statement as it goes on the wire. */
  annotate(statement: Statement): Statement {
    return this.node.policy.annotate(statement);
  }

  /** Gives a pipe that has room to those who wait. */
  feed(pipe: Pipe): void {
    // What cannot be sent has made room at once: many of them would go ever deeper.
    if (pipe.fed) return;
    pipe.fed = true;
    while (pipe.open && !this.#suspended && this.#queue.first !== undefined) {
      const read = this.#queue.first;
      this.#queue.remove(read);
      this.#send(read, pipe);
    }
    pipe.fed = false;
    if (this.#queue.length === 0) this.#pipes.fed(pipe);
  }

  /** What an error of a read means, for it and for its pipe. */
  refused(pipe: Pipe, read: Read, error: unknown): void {
    const { node } = this;
    const { role } = pipe.entry.session.identity;
    const fault = node.driver.fault(error, { lane: 'read', role, sent: true, committing: false });
    if (fault.scope === 'session' || fault.scope === 'node') pipe.entry.broken = true;
    if (fault.category === 'connection') node.errors++;
    if (fault.category === 'role') read.profile.pace.writes = true;
    if (read.settled) return;
    // A session that we have cut for a neighbour's sake, a cancel that was meant for a neighbour.
    const cut = fault.category === 'connection' && pipe.spoilt;
    const stray = fault.category === 'cancelled' && pipe.cancelling;
    if (cut || stray) this.#again(read);
    else if (fault.category === 'role' && pipe.entry.lane === 'write') this.#alone(read);
    else read.reject(statementError(node.id, fault));
  }

  /** The session of a pipe is gone, or must go. */
  lost(pipe: Pipe): void {
    this.#pipes.lost(pipe);
  }

  /** A pipe is empty and leaves. */
  release(pipe: Pipe): void {
    this.#pipes.release(pipe);
  }

  /** No pipe can be had: those who wait queue in the pool itself, each with an error of its own. */
  spill(): void {
    for (let read = this.#queue.first; read !== undefined; read = this.#queue.first) {
      this.#queue.remove(read);
      this.#alone(read);
    }
  }

  /** A session of the node was lost while nothing ran on it. */
  lostIdle(entry: Pipe['entry']): void {
    this.#pipes.lostIdle(entry);
  }

  /** The pool has taken a session away and ends it. */
  taken(entry: Pipe['entry']): void {
    this.#pipes.taken(entry);
  }

  /** Gives its sessions back one by one and takes others: for when those in the pool are replaced. */
  recycle(): void {
    this.#pipes.leave();
  }

  /** Rejects everybody who waits. */
  abandon(reason: string): void {
    this.#rejectWaiting(() => new PoolAbandonedError(this.node.id, reason));
  }

  /** Runs nothing new, or no longer. */
  hold(back: boolean): void {
    this.#suspended = back;
    if (back) this.#pipes.leave();
    else this.#pipes.serve();
  }

  /** Serves those who wait, and gives its sessions back. New ones go to the pool, which refuses them. */
  drain(): void {
    this.#suspended = false;
    this.#pipes.drain();
  }

  /** Refuses those who wait; what is on the wire may end, until the pool destroys it. */
  close(): void {
    this.#rejectWaiting(() => new PoolClosedError(this.node.id, 'closed'));
    this.#pipes.drain();
  }

  /** Drops the timers; nothing runs any more. */
  dispose(): void {
    this.#limits.dispose();
    this.#pipes.dispose();
  }

  #send(read: Read, pipe: Pipe): void {
    this.#limits.runs(read);
    pipe.send(read);
  }

  #enqueue(read: Read, front: boolean): void {
    const { pool } = this.node;
    if (this.#queue.length >= pool.settings.maxWaiters && !front) {
      read.reject(pool.inFront.refused());
      return;
    }
    this.#limits.waits(read);
    if (front) this.#queue.unshift(read);
    else this.#queue.push(read);
    if (!this.#suspended) this.#pipes.ensure();
  }

  /** Once more; whoever is unlucky for the second time has neighbours no longer. */
  #again(read: Read): void {
    if (read.repeated) {
      this.#alone(read);
      return;
    }
    read.repeated = true;
    const pipe = this.#suspended ? undefined : this.#pipes.pick();
    if (pipe === undefined) this.#enqueue(read, true);
    else this.#send(read, pipe);
  }

  /** On a session of its own. */
  #alone(read: Read): void {
    const limits = this.#limits.handOver(read);
    // Whose turn it is here is not whose read it is.
    runOutsideContext(() => this.node.query(read.statement, limits, 'read')).then(
      (result) => read.resolve(result),
      (error: unknown) => read.reject(error),
    );
  }

  #rejectWaiting(error: () => Error): void {
    for (let read = this.#queue.first; read !== undefined; read = this.#queue.first) {
      this.#queue.remove(read);
      read.reject(error());
    }
  }
}
