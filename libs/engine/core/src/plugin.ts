import type { Managed } from './managed.js';

/** Something that watches or steers pools from outside: metrics, tracing, a budget for many app instances. */
export interface Plugin {
  /** For errors and reports. */
  readonly name: string;
  /** Called once for each pool when it is opened; returns the function that detaches. */
  attach(managed: Managed): () => void;
  /** Called after all pools are closed. */
  close?(): Promise<void>;
}
