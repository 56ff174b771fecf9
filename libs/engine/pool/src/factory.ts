/** What a synchronous look at a returned resource can say. */
export type CheckResult = 'ok' | 'reset' | 'broken';

/** What the pool knows about a resource: for hooks that decide by age or wear. */
export interface ResourceInfo {
  /** When it was created, on `scheduler.now()`. */
  readonly createdAt: number;
  /** When it was lent or given back last, on `scheduler.now()`; exact to a tick of the pool's keeper (a second at most). */
  readonly lastUsedAt: number;
  /** How often it was lent. */
  readonly uses: number;
}

/**
 * Creates, checks, resets and destroys what a pool lends. Any of these may throw, reject, hang or answer late:
 * the pool bounds each wait, destroys what comes too late and loses nothing.
 */
export interface ResourceFactory<T> {
  /**
   * Makes one resource. The signal aborts at `createTimeoutMs` or when the pool closes; a result that comes
   * afterwards is destroyed.
   */
  create(signal: AbortSignal): Promise<T>;
  /**
   * Looks at a resource at every release, synchronously and without a round trip: `ok` lends it on, `reset`
   * calls {@link ResourceFactory.reset} first, `broken` destroys it. Default: always `ok`.
   */
  check?(resource: T, info: ResourceInfo): CheckResult;
  /** Asks the resource whether it still works; used after it was idle for long. Default: it does. */
  validate?(resource: T, signal: AbortSignal, info: ResourceInfo): Promise<boolean>;
  /** Makes a resource clean again after {@link ResourceFactory.check} said `reset`; a rejection destroys it. */
  reset?(resource: T, signal: AbortSignal, info: ResourceInfo): Promise<void>;
  /**
   * Ends a resource; settles when the other side has let go, because only then its place may be given to
   * another. Without it `Symbol.asyncDispose`, `close` or `end` of the resource is called.
   */
  destroy?(resource: T, reason: string): Promise<void>;
}
