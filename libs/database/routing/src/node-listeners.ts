import type { ProbeResult, ServerIdentity } from '@nest-pooling/sql';
import type { Moment } from './position-samples.js';
import type { RouterNode } from './router-node.js';

/** What a node tells who answered there. */
export interface NodeRoles {
  /** Counts changes of roles that were seen. */
  readonly changes: number;
  /** `asked` was the count when it was asked. */
  observe(node: RouterNode, identity: ServerIdentity, asked: number): void;
}

/** What a node tells its positions to. */
export interface NodePositions {
  moment(): Moment;
  probed(node: RouterNode, result: ProbeResult, moment: Moment | undefined): void;
  lag(node: RouterNode): { lagMs: number | null; lagBytes: number | null };
}
