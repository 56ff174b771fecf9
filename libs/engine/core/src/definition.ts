import type { Env } from './env.js';
import type { Managed } from './managed.js';

/**
 * Data that describes a pool and can open it. Making one connects to nothing; opening one does not either
 * (`Managed.start` does). Whoever opens it need not know its kind, so new kinds need no change anywhere else.
 */
export interface Definition<out Face extends object> {
  /** The kind of pool, for display: `postgres`, `http`, … */
  readonly kind: string;
  /** Makes the pool under a name. Throws an `OptionsError` that lists everything that is wrong; connects to nothing. */
  open(name: string, env: Env): Managed & { readonly face: Face };
}

/** The face that a definition's pool is injected as. */
export type FaceOf<D> = D extends Definition<infer Face> ? Face : never;
