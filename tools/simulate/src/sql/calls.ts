import { getEventListeners } from 'node:events';
import { deadlineKey, getContext, runInContext } from '@nest-pooling/core';
import { isOne, type Call, type CallKind } from './call.js';
import { codeOf, judge, WorkError, type Effect } from './errors.js';
import type { SqlWorld } from './world.js';

/** How something is asked for. */
export interface Asking {
  readonly timeoutMs?: number;
  readonly abortable?: boolean;
  /** The deadline of the scope, from now on. */
  readonly scopeMs?: number;
  /** A time that is only for the wait for a session is not one of the whole. */
  readonly waitOnly?: boolean;
  /** How old a transaction may become. Default: as the pool. */
  readonly maxTransactionMs?: number;
}

/** What the options of all calls have in common. */
export interface CommonOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Who asked what, and what must be true of the answers. */
export class Calls {
  /** Calls without an answer. */
  readonly pending = new Set<Call>();
  readonly #all: Call[] = [];

  constructor(private readonly world: SqlWorld) {}

  /** The call of that number. */
  get(seq: number): Call | undefined {
    return this.#all[seq];
  }

  /** Notes that somebody asks. */
  begin(kind: CallKind, asking: Asking): Call {
    const { world } = this;
    const { timeoutMs, abortable, scopeMs, waitOnly } = asking;
    const { acquireTimeoutMs } = world.setup.settings;
    // What is asked inside of something else has no more time than that.
    const scope = Math.min(scopeMs ?? Infinity, (getContext(deadlineKey) ?? Infinity) - world.now);
    const own = Math.min(timeoutMs ?? Infinity, scope);
    const call: Call = {
      seq: this.#all.length,
      kind,
      since: world.now,
      deadline: world.now + Math.max(0, waitOnly ? scope : own),
      maxTransactionMs: asking.maxTransactionMs ?? world.setup.maxTransactionMs,
      patience: world.now + Math.max(0, Math.min(own, acquireTimeoutMs)),
      controller: abortable ? new AbortController() : undefined,
      late: world.ending !== undefined,
      lossesBefore: world.losses.heard(),
      spoiltBefore: world.spoilt,
      injected: new Set(),
      settled: false,
      thinksUntil: -Infinity,
      sentAt: Infinity,
      answeredAt: Infinity,
      answeredOn: undefined,
      statementDeadline: Infinity,
    };
    world.trace.note(`${kind} until`, call.seq, Math.min(call.deadline, 1e6));
    this.#all.push(call);
    this.pending.add(call);
    return call;
  }

  /** Asks in the scope that the asking wants. */
  ask<R>(call: Call, asking: Asking, ask: (options: CommonOptions) => Promise<R>): Promise<R> {
    const { timeoutMs, scopeMs } = asking;
    const options = {
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(call.controller !== undefined && { signal: call.controller.signal }),
    };
    if (scopeMs === undefined) return ask(options);
    return runInContext(deadlineKey, call.since + scopeMs, () => ask(options));
  }

  /** Waits for the answer, and judges it. `right` hears of a good one, `failed` of what is known after a bad one. */
  async settle<R>(
    call: Call,
    answer: Promise<R>,
    right: (result: R) => void,
    failed: (effect: Effect) => void,
  ): Promise<void> {
    let result: R;
    try {
      result = await answer;
    } catch (error) {
      this.#settled(
        call,
        error instanceof WorkError ? 'rejected by its work' : (codeOf(error) ?? 'an odd error'),
      );
      const effect = judge(this.world, call, error);
      if (this.world.steady)
        this.world.fail(`${call.kind} ${call.seq} failed though all is well: ${String(error)}`);
      failed(effect);
      return;
    }
    this.#settled(call, 'served');
    if (call.late) this.world.fail(`${call.kind} ${call.seq} came after the end began, and was served`);
    right(result);
  }

  /** Nobody has waited for longer than he wanted to. */
  check(): void {
    const { world } = this;
    for (const call of this.pending) {
      const { seq, kind, deadline, thinksUntil, controller } = call;
      const limit = Math.max(deadline, thinksUntil) + world.slackMs(call);
      if (world.now > limit) world.fail(`${kind} ${seq} has waited beyond its deadline`);
      if (controller?.signal.aborted && isOne(call))
        world.fail(`${kind} ${seq} waits although its signal has aborted`);
    }
  }

  #settled(call: Call, how: string): void {
    const { world } = this;
    if (call.settled) world.fail(`${call.kind} ${call.seq} was settled twice`);
    call.settled = true;
    world.count(`${call.kind}: ${how}`);
    world.trace.note(how, call.seq);
    this.pending.delete(call);
    const signal = call.controller?.signal;
    if (signal !== undefined && getEventListeners(signal, 'abort').length > 0)
      world.fail(`${call.kind} ${call.seq} has its answer, but its signal still has a listener`);
  }
}
