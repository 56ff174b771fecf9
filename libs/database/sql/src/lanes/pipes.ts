import type { Lease } from '@nest-pooling/pool';
import { runOutsideContext, type Timer } from '@nest-pooling/core';
import type { NodeSession } from '../node-session.js';
import type { Multiplexer } from './multiplexer.js';
import { Pipe } from './pipe.js';
import { leastOf, Relief } from './relief.js';

/** So many pipes keep the server busy; exclusive sessions get the rest. */
const ENOUGH = 2;
/** From so many on the wire of a pipe on, a second one pays. */
const BUSY = 4;
/** How often pipes are looked at while they are there. */
const LOOK_MS = 10;
/** Pipes that nobody has used for so many looks are given back. */
const IDLE_LOOKS = 100;
const LABEL = { label: 'multiplexed reads' };

/** The pipes of a node: opened when reads queue, watched, and given back. */
export class Pipes {
  /** Made anew at each change: pipes leave while they are walked over. */
  #pipes: readonly Pipe[] = [];
  #opening = 0;
  /** The one that is being opened waits for its session. */
  #queued = false;
  #draining = false;
  #timer: Timer | undefined;
  #idleLooks = 0;
  readonly #relief: Relief;

  constructor(private readonly mux: Multiplexer) {
    this.#relief = new Relief(mux, () => ({ pipes: this.#pipes, asking: this.#queued }));
  }

  get size(): number {
    return this.#pipes.length;
  }

  /** Whether there is one, or will be. */
  get any(): boolean {
    return this.#pipes.length > 0 || this.#opening > 0;
  }

  get #usable(): number {
    return this.#pipes.filter((pipe) => pipe.usable).length;
  }

  get inFlight(): number {
    let sum = 0;
    for (const pipe of this.#pipes) sum += pipe.inFlight;
    return sum;
  }

  /** The one with room that has the least to do. */
  pick(): Pipe | undefined {
    let best: Pipe | undefined;
    for (const pipe of this.#pipes) {
      if (pipe.open && (best === undefined || pipe.inFlight < best.inFlight)) best = pipe;
    }
    if (best !== undefined && best.inFlight >= BUSY && this.#pipes.length < ENOUGH) this.ensure();
    return best;
  }

  /** Opens another pipe if those there are cannot take more. */
  ensure(): void {
    this.#watch();
    const { max } = this.mux.node.pool.settings;
    const usable = this.#usable;
    const enough = this.#relief.pressed ? 1 : Math.min(ENOUGH, max);
    if (this.#opening > 0 || usable >= enough) return;
    // A pipe is for all: nothing of who needs the first place in it counts for the others.
    if (!this.#draining) void runOutsideContext(() => this.#open());
    // The pool says it, each with an error of its own.
    else if (usable === 0) this.mux.spill();
  }

  /** Nobody waits for a place in this pipe any more. */
  fed(pipe: Pipe): void {
    if (this.#draining && !pipe.leaving) pipe.leave();
  }

  /** Gives the session of an empty pipe back. */
  release(pipe: Pipe): void {
    if (this.#remove(pipe)) pipe.lease[Symbol.dispose]();
    if (this.mux.waiting > 0) this.ensure();
  }

  /** The session of a pipe is gone. */
  lost(pipe: Pipe): void {
    pipe.leaving = true;
    pipe.entry.broken = true;
    if (this.#remove(pipe)) {
      pipe.entry.session.destroy();
      if (pipe.lease.active) pipe.lease.discard('connection lost');
    }
    if (this.mux.waiting > 0) this.ensure();
  }

  lostIdle(entry: NodeSession): void {
    const pipe = this.#pipes.find((one) => one.entry === entry);
    if (pipe !== undefined) this.lost(pipe);
  }

  /** The session of a pipe is taken away. Who is on its wire runs once more elsewhere. */
  taken(entry: NodeSession): void {
    const pipe = this.#pipes.find((one) => one.entry === entry);
    if (pipe === undefined) return;
    pipe.leaving = true;
    pipe.spoilt = true;
    this.#remove(pipe);
    if (this.mux.waiting > 0) this.ensure();
  }

  /** Gives all back, each as soon as it is empty. */
  leave(): void {
    for (const pipe of this.#pipes) if (!pipe.leaving) pipe.leave();
  }

  /** Who was held back may go on, also in pipes that are there and idle. */
  serve(): void {
    for (const pipe of this.#pipes) this.mux.feed(pipe);
    if (this.mux.waiting > 0) this.ensure();
  }

  /** Serves who waits, and then gives all back for good. */
  drain(): void {
    this.#draining = true;
    this.serve();
    if (this.mux.waiting === 0) this.leave();
    // They were held back; the pool serves them as its own before it is drained.
    else if (this.#usable === 0 && this.#opening === 0) this.mux.spill();
  }

  dispose(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #open(): Promise<void> {
    const { mux } = this;
    const { pool, env } = mux.node;
    this.#opening++;
    let lease: Lease<NodeSession> | undefined;
    try {
      this.#queued = true;
      lease = await pool.acquire(LABEL).finally(() => (this.#queued = false));
      const entry = lease.resource;
      // Whatever happens to it from here on: the next borrower gets it reset.
      entry.dirty = true;
      entry.activity = 'read';
      entry.busySince = mux.node.tick;
      const asked = env.scheduler.now();
      await entry.session.share!();
      mux.way.took(env.scheduler.now() - asked);
      entry.activity = 'none';
      this.#opening--;
      this.#add(new Pipe(mux, lease, entry, mux.clock.now()));
    } catch {
      this.#opening--;
      if (lease?.active) lease.discard('could not be shared');
      // Who waits is told by the pool itself, each with an error of its own.
      if (this.#usable === 0) mux.spill();
    }
  }

  #add(pipe: Pipe): void {
    this.#pipes = [...this.#pipes, pipe];
    this.#watch();
    this.mux.feed(pipe);
    if (this.mux.waiting > 0) this.ensure();
  }

  #remove(pipe: Pipe): boolean {
    const others = this.#pipes.filter((one) => one !== pipe);
    const there = others.length < this.#pipes.length;
    this.#pipes = others;
    return there;
  }

  #watch(): void {
    this.#idleLooks = 0;
    if (this.#timer !== undefined) return;
    const { scheduler } = this.mux.node.env;
    const due = scheduler.now() + LOOK_MS;
    this.#timer = scheduler.after(LOOK_MS, () => {
      this.#timer = undefined;
      this.#look(due);
    });
    this.#timer.unref();
  }

  #look(due: number): void {
    const { mux } = this;
    const now = mux.node.env.scheduler.now();
    // While our own loop was blocked no answer could be read: that is not a statement's time.
    const late = now - due > LOOK_MS;
    const idleLooks = this.inFlight > 0 || mux.waiting > 0 ? 0 : this.#idleLooks + 1;
    for (const pipe of this.#pipes) {
      if (late) pipe.forgive(now);
      else pipe.look(now);
      if (this.#relief.isOver(pipe, now) && !pipe.leaving) pipe.leave();
    }
    this.#relief.relieve();
    // One was held up, and another took its place.
    if (this.#usable > ENOUGH) leastOf(this.#pipes)?.leave();
    if (mux.waiting > 0) this.ensure();
    if (idleLooks >= IDLE_LOOKS) this.leave();
    if (!this.any) return;
    this.#watch();
    this.#idleLooks = idleLooks;
  }
}
