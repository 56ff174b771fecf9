import type { Position } from '@nest-pooling/sql';
import type { Progress } from './progress.js';

/** A position that came from elsewhere, and who is known to have passed it. */
export interface Want {
  /** `undefined` is one that nobody can tell: only the primary has surely reached it. */
  readonly position: Position | undefined;
  readonly passed: WeakSet<Progress>;
}

/** What a read must see. */
export interface Need {
  /** The writes of this process up to this one; 0 for none. */
  readonly writes: number;
  /** All that was committed before this moment, on `scheduler.now()`; `-Infinity` for no bound. */
  readonly ms: number;
  /** What was written elsewhere. */
  readonly want: Want | undefined;
  /** The bound is the router's own: so many replicas, the least behind first, serve however far behind they are. */
  readonly atLeast: number;
  /** Only the primary will do. */
  readonly strong: boolean;
}

/** Only the primary will do. */
export const STRONG: Need = { writes: 0, ms: -Infinity, want: undefined, atLeast: 0, strong: true };
