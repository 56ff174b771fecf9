import type { Lease } from '@nest-pooling/pool';
import type { RawResult } from '../driver.js';
import type { NodeSession } from '../node-session.js';
import { tooManyRows } from '../too-many-rows.js';
import { Cancelling } from './cancelling.js';
import type { Multiplexer } from './multiplexer.js';
import { observeFailedRead, observeRead } from './observe-read.js';
import type { Read } from './read.js';

/**
 * How many statements may be on the wire of one session. More bring nothing and make more of them wait behind a slow one; fewer make
 * more writes, and those are what costs most (measured with two pipes: 16 give 1.2 times what 8 give, 32 no more, and a statement
 * of 100 ms in a hundred makes the others wait no longer than with 8).
 */
export const WINDOW = 16;
/** A head that runs for longer keeps new work out of its pipe. */
const STALL_MS = 10;

/** One session that many reads share: they run in the order in which they were sent. */
export class Pipe {
  /** Reads on the wire. */
  inFlight = 0;
  /** Takes nothing new, and is given back when it is empty. */
  leaving = false;
  /** The one that runs has done so for too long. */
  stalled = false;
  /** It was cut because it could not be trusted any more; whoever was on its wire is not to blame. */
  spoilt = false;
  /** It is being given reads. */
  fed = false;
  /** When the one that runs began to; and whether that was when it was sent, so that the way there counts. */
  #headSince = 0;
  #headSent = false;
  #head: Read | undefined = undefined;
  #tail: Read | undefined = undefined;
  readonly #cancelling: Cancelling;

  constructor(
    private readonly mux: Multiplexer,
    readonly lease: Lease<NodeSession>,
    readonly entry: NodeSession,
    /** When it was opened. */
    readonly since: number,
  ) {
    this.#cancelling = new Cancelling(mux, this);
  }

  /** A cancel may still hit whoever is on its wire. */
  get cancelling(): boolean {
    return this.#cancelling.active;
  }

  /** Nobody uses it, and it can be neither used nor given back, for a cancel that hangs. */
  hangs(now: number): boolean {
    return this.inFlight === 0 && this.#cancelling.hangs(now);
  }

  /** Takes a further read. */
  get open(): boolean {
    return this.usable && this.inFlight < WINDOW;
  }

  /** Will take further reads as soon as there is room. */
  get usable(): boolean {
    return !this.leaving && !this.stalled && !this.cancelling;
  }

  get empty(): boolean {
    return this.inFlight === 0 && !this.cancelling;
  }

  send(read: Read): void {
    const { entry, mux } = this;
    read.pipe = this;
    read.next = undefined;
    if (this.#head === undefined) {
      this.#head = read;
      this.#headSince = mux.clock.now();
      this.#headSent = true;
      entry.activity = 'read';
      entry.busySince = mux.node.tick;
    } else this.#tail!.next = read;
    this.#tail = read;
    this.inFlight++;
    entry.session.submit!(mux.annotate(read.statement), read);
  }

  answered(read: Read, raw: RawResult): void {
    const ms = this.#done(read);
    read.profile.pace.took(ms);
    const { rows, rowCount, command, fields } = raw;
    const { node } = this.mux;
    if (node.policy.observer.timed) observeRead(node, read, ms, rowCount);
    const tooMany = tooManyRows(node, read.statement, raw);
    if (tooMany !== undefined) read.reject(tooMany);
    else read.resolve({ rows: rows as never, rowCount, command, fields, node: node.id, lane: 'read' });
    this.passed();
  }

  failed(read: Read, error: unknown): void {
    const ms = this.#done(read);
    const { node } = this.mux;
    if (node.policy.observer.timed) observeFailedRead(node, this, read, ms, error);
    this.mux.refused(this, read, error);
    if (this.entry.broken) this.mux.lost(this);
    else this.#goOn();
  }

  /** The caller of a read has given up. A cancel hits whatever runs, so it is sent only while that is this one. */
  giveUp(read: Read): void {
    if (read === this.#head) this.#cancelling.end(read);
  }

  /** Our own loop was blocked until now: nobody knows for how much of it the one that runs is to blame. */
  forgive(now: number): void {
    this.#headSince = now;
  }

  /** Looks whether the one that runs takes too long. */
  look(now: number): void {
    this.endGivenUp();
    const head = this.#head;
    if (head === undefined || this.stalled) return;
    const ms = now - this.#headSince - this.mux.way.ms;
    if (ms <= STALL_MS) return;
    this.stalled = true;
    head.profile.pace.takes(ms);
  }

  /** Ends the one that runs if its caller has given up. */
  endGivenUp(): void {
    if (this.#head?.settled) this.#cancelling.end(this.#head);
  }

  /** What is asked after a cancel runs like any other: who watches must see it. */
  watched(): void {
    this.entry.activity = 'read';
    if (this.#head === undefined) this.entry.busySince = this.mux.node.tick;
  }

  /** It has answered. Whatever opened a transaction there must not swallow what comes behind it. */
  passed(): void {
    if (this.#head === undefined && !this.cancelling) this.entry.activity = 'none';
    if (this.entry.session.state === 'idle') this.#goOn();
    else this.spoil();
  }

  /** Cuts it. Those on the wire are rejected by that, and run once more elsewhere. */
  spoil(): void {
    this.spoilt = true;
    this.mux.lost(this);
  }

  /** Takes nothing new, and goes when it is empty. */
  leave(): void {
    this.leaving = true;
    if (this.empty) this.mux.release(this);
  }

  /** It is over; answers how long it took on the server. */
  #done(read: Read): number {
    const { mux, entry } = this;
    this.inFlight--;
    read.pipe = undefined;
    if (read !== this.#head) return this.#overtook(read);
    const now = mux.clock.now();
    const ms = now - this.#headSince - (this.#headSent ? mux.way.ms : 0);
    if (this.#headSent) mux.way.took(now - this.#headSince);
    this.#head = read.next;
    read.next = undefined;
    if (this.#head === undefined) {
      this.#tail = undefined;
      if (!this.cancelling) entry.activity = 'none';
    }
    this.#headSince = now;
    this.#headSent = false;
    this.stalled = false;
    entry.busySince = mux.node.tick;
    return ms;
  }

  /** It could not even be sent, or one before it was sent again: it was not its turn. */
  #overtook(read: Read): number {
    let before = this.#head;
    while (before !== undefined && before.next !== read) before = before.next;
    if (before !== undefined) before.next = read.next;
    if (this.#tail === read) this.#tail = before;
    read.next = undefined;
    return 0;
  }

  #goOn(): void {
    this.endGivenUp();
    if (this.leaving && this.empty) this.mux.release(this);
    else this.mux.feed(this);
  }
}
