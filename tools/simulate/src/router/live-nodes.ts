import type { ReadReplicaRouter } from '@nest-pooling/routing';

/** What is looked at after every operation, on a node itself. */
export interface LiveNode {
  readonly id: string;
  /** Writes go there. */
  readonly takesWrites: boolean;
  /** It is in rotation. */
  readonly admits: boolean;
  /** Active plus waiting. */
  readonly load: number;
  readonly sql: { readonly pool: { readonly leased: number } };
}

/** The nodes of a router themselves, the same list for ever: a report of each would cost more than all that is simulated. */
export function liveNodes(router: ReadReplicaRouter): readonly LiveNode[] {
  return (router as unknown as { readonly fleet: { readonly nodes: readonly LiveNode[] } }).fleet.nodes;
}
