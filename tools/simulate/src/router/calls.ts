import { getEventListeners } from 'node:events';
import { deadlineKey, getContext, runInContext } from '@nest-pooling/core';
import type { App } from './app.js';
import { isOne, STALLS_APART_MS, type Call, type CallKind } from './call.js';
import { codeOf, judge, type Effect } from './errors.js';
import type { RouterWorld } from './world.js';

/** How something is asked for. */
export interface Asking {
  readonly timeoutMs?: number;
  readonly abortable?: boolean;
  /** The deadline of the scope, from now on. */
  readonly scopeMs?: number;
}

/** What the options of all calls have in common. */
export interface CommonOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Who waits does so from a whole millisecond on, and for whole ones: both are rounded up. */
const GRAIN_MS = 2;
/** So much time is plenty: a read that has it does not fail. */
const PLENTY_MS = 2_000;

/** Who asked what, and what must be true of the answers. */
export class Calls {
  /** Calls without an answer. */
  readonly pending = new Set<Call>();
  #count = 0;

  constructor(private readonly world: RouterWorld) {}

  /** Notes that somebody asks. `fresh` is a read that must see something. */
  begin(app: App, kind: CallKind, asking: Asking, fresh = false): Call {
    const { world } = this;
    const { timeoutMs, abortable, scopeMs } = asking;
    const scope = Math.min(scopeMs ?? Infinity, (getContext(deadlineKey) ?? Infinity) - world.now);
    const own = Math.max(0, Math.min(timeoutMs ?? Infinity, scope));
    const call: Call = {
      seq: this.#count++,
      app,
      kind,
      since: world.now,
      // A session is waited for, not used, within that time.
      deadline: world.now + (kind === 'use' ? Math.max(0, scope) : own),
      controller: abortable ? new AbortController() : undefined,
      late: world.ended,
      easy: kind === 'read' && own >= PLENTY_MS && !abortable,
      fresh,
      heardPrimary: app.primary === world.operator.primary,
      settled: false,
    };
    world.trace.note(`${app.name}: ${kind} until`, call.seq, Math.min(call.deadline, 1e6));
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
    failed: (effect: Effect) => void = nothing,
  ): Promise<void> {
    const { world } = this;
    let result: R;
    try {
      result = await answer;
    } catch (error) {
      this.#settled(call, codeOf(error) ?? 'an odd error');
      const effect = judge(world, call, error);
      // What waits for a session that is being opened needs more answers than the one that lies in the socket after a stall.
      const stalled = codeOf(error) === 'POOL_TIMEOUT' && world.leapWithin(STALLS_APART_MS) > 0;
      if (world.steady && !stalled)
        world.fail(
          `${call.kind} ${call.seq} of ${call.app.name} failed though all is well: ${String(error)}${causes(error)}`,
        );
      failed(effect);
      return;
    }
    this.#settled(call, 'served');
    if (call.late && call.kind !== 'token')
      world.fail(`${call.kind} ${call.seq} came after the end began, and was served`);
    right(result);
  }

  /** Nobody has waited for longer than he wanted to. */
  check(): void {
    const { world } = this;
    for (const call of this.pending) {
      const { seq, kind, deadline, controller, app, since } = call;
      // What the server is to end for us begins anew with a stall.
      const leap = world.leapWithin(isOne(call) ? STALLS_APART_MS : world.now - since);
      // Nothing ends a COMMIT, and nothing the work between two statements.
      const slack = isOne(call) ? GRAIN_MS : GRAIN_MS + app.setup.queryTimeoutMs + 2_000;
      if (world.now > deadline + slack + leap) world.fail(`${kind} ${seq} has waited beyond its deadline`);
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

function causes(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? `, because: ${cause.message}${causes(cause)}` : '';
}

function nothing(): void {}
