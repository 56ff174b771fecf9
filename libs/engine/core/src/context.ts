import { AsyncLocalStorage } from 'node:async_hooks';

/** A name and a type for a value that travels with the asynchronous flow of a request. */
export interface ContextKey<T> {
  /** What the value is stored under. */
  readonly id: symbol;
  /** Only carries the type. */
  readonly type?: T;
}

interface Frame {
  readonly id: symbol;
  readonly value: unknown;
  readonly outer: Frame | undefined;
}

interface Shared {
  readonly storage: AsyncLocalStorage<Frame | undefined>;
  /** Nobody has entered a scope yet: reading is a plain field access. */
  used: boolean;
}

const SHARED = Symbol.for('nest-pooling.context.1');
const holder = globalThis as { [SHARED]?: Shared };
// On globalThis, so that a package that is installed twice still sees one context.
const shared: Shared = (holder[SHARED] ??= { storage: new AsyncLocalStorage(), used: false });

/** Makes a key. Keys of the same name are the same key, also across duplicated packages. */
export function contextKey<T>(name: string): ContextKey<T> {
  return { id: Symbol.for(`nest-pooling.context.key.${name}`) };
}

/** The innermost value of `key` in the current asynchronous flow. Costs a field read until a scope is first entered. */
export function getContext<T>(key: ContextKey<T>): T | undefined {
  if (!shared.used) return undefined;
  for (let frame = shared.storage.getStore(); frame !== undefined; frame = frame.outer) {
    if (frame.id === key.id) return frame.value as T;
  }
  return undefined;
}

/** Runs `fn` in a flow in which `key` has `value`; `undefined` hides an outer value. */
export function runInContext<T, R>(key: ContextKey<T>, value: T | undefined, fn: () => R): R {
  shared.used = true;
  return shared.storage.run({ id: key.id, value, outer: shared.storage.getStore() }, fn);
}

/**
 * Runs `fn` in a flow in which no key has a value: for what serves many callers and was set going by one of them. Neither the deadline
 * of that one nor anything else of his may count for the others.
 */
export function runOutsideContext<R>(fn: () => R): R {
  return shared.used ? shared.storage.run(undefined, fn) : fn();
}

/** Who borrows: shown in timeout errors and leak reports when a call names no label of its own. */
export const labelKey: ContextKey<string> = contextKey('label');

/** Until when the current request must be done, on `scheduler.now()`; calls take the least of this and their own. */
export const deadlineKey: ContextKey<number> = contextKey('deadline');

/** Whoever waits for the current request has gone when it aborts: calls give up then, as they do for a signal of their own. */
export const signalKey: ContextKey<AbortSignal> = contextKey('signal');

/** What a call has to heed: its own signal, the scope's, or one that aborts as soon as either does. */
export function scopedSignal(own: AbortSignal | undefined): AbortSignal | undefined {
  const scope = getContext(signalKey);
  if (scope === undefined || scope === own) return own;
  return own === undefined ? scope : AbortSignal.any([own, scope]);
}

/** Runs `fn` in a flow in which every call heeds `signal` too, besides its own and that of a scope further out. */
export function runWithSignal<R>(signal: AbortSignal, fn: () => R): R {
  return runInContext(signalKey, scopedSignal(signal), fn);
}
