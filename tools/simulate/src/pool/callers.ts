import { getEventListeners } from 'node:events';
import { deadlineKey, getContext } from '@nest-pooling/core';
import type { AcquireOptions, AcquirePriority } from '@nest-pooling/pool';
import { codeOf, type Caller } from './caller.js';
import type { SimulatedPool } from './simulated-pool.js';

/** How an acquire is to be made. */
export interface Asking {
  readonly timeoutMs?: number;
  readonly abortable?: boolean;
  readonly priority?: AcquirePriority;
  readonly label?: string;
}

/** Who asked a pool for a resource, and what must be true of each answer that they get. */
export class Callers {
  /** Who waits for an answer, in the order of asking. */
  readonly pending = new Set<Caller>();
  /** The last one of each priority who was served. */
  readonly lastServed: Record<AcquirePriority, number> = { high: 0, normal: 0, low: 0 };
  readonly controllers: AbortController[] = [];
  /** How many were served. */
  total = 0;
  timeouts = 0;
  #asked = 0;

  constructor(private readonly subject: SimulatedPool) {}

  /** Writes down that somebody asks, and how. */
  ask(asking: Asking): { caller: Caller; options: AcquireOptions } {
    const { world } = this.subject;
    const controller = asking.abortable ? new AbortController() : undefined;
    if (controller !== undefined) this.controllers.push(controller);
    const own = world.now + (asking.timeoutMs ?? this.subject.setup.settings.acquireTimeoutMs);
    const caller: Caller = {
      seq: ++this.#asked,
      priority: asking.priority ?? 'normal',
      since: world.now,
      deadline: Math.min(own, getContext(deadlineKey) ?? Infinity),
      controller,
      late: this.subject.ending !== undefined,
    };
    this.pending.add(caller);
    const { timeoutMs, label, priority } = asking;
    const options = {
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(label !== undefined && { label }),
      ...(priority !== undefined && { priority }),
      ...(controller !== undefined && { signal: controller.signal }),
    };
    return { caller, options };
  }

  /** It got a resource, in its turn. */
  served(caller: Caller): void {
    const { lastServed } = this;
    if (caller.late) this.subject.world.fail(`caller ${caller.seq} came after the end began, and was served`);
    const { world } = this.subject;
    this.#settled(caller, 'served');
    this.total++;
    if (caller.seq < lastServed[caller.priority]) world.fail(`caller ${caller.seq} was overtaken`);
    lastServed[caller.priority] = caller.seq;
  }

  /** Somebody got a resource without waiting; `waiting` others did. */
  servedAtOnce(waiting: number): void {
    this.total++;
    this.subject.world.count('served at once');
    this.subject.world.trace.note('served at once');
    if (this.subject.ending !== undefined)
      this.subject.world.fail('somebody was served at once after the end began');
    if (waiting > 0) this.subject.world.fail('somebody was served at once although others wait');
  }

  /** It got an error, for a reason. */
  failed(caller: Caller, error: unknown): void {
    const { world } = this.subject;
    const code = codeOf(error);
    this.#settled(caller, code ?? 'an odd error');
    const wrong = (why: string): void => world.fail(`caller ${caller.seq} got ${code} ${why}`);
    if (code === undefined) wrong(`, no error of the engine: ${String(error)}`);
    if (code === 'POOL_TIMEOUT') {
      this.timeouts++;
      if (world.now < caller.deadline) wrong(`${caller.deadline - world.now} ms too early`);
    }
    if (code === 'POOL_CANCELLED' && caller.controller?.signal.aborted !== true) wrong('without a signal');
    if (code === 'POOL_CLOSED' && this.subject.ending === undefined) wrong('from an open pool');
    if (code === 'POOL_SHED' && this.subject.setup.settings.shedding === undefined) wrong('without shedding');
    if (code === 'POOL_DEADLOCK' && !this.subject.setup.settings.detectDeadlock)
      wrong('without looking for any');
    if (code === 'POOL_ABANDONED' && !this.subject.abandoned) wrong('though nobody was abandoned');
  }

  #settled(caller: Caller, how: string): void {
    const { world } = this.subject;
    world.count(how);
    world.trace.note(how, caller.seq);
    this.pending.delete(caller);
    const signal = caller.controller?.signal;
    if (signal !== undefined && getEventListeners(signal, 'abort').length > 0)
      world.fail(`caller ${caller.seq} has its answer, but its signal still has a listener`);
  }
}
