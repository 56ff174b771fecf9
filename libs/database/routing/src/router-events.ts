import type { NodeHealthState } from '@nest-pooling/balancing';
import type { Exclusion } from './topology-node.js';

/** What a router tells by `on`. */
export interface RouterEvents {
  /** Writes go to another node from now on, or to another server at the same address. */
  readonly primary: {
    readonly node: string;
    /** Where they went before; `undefined` when there was no primary. */
    readonly from: string | undefined;
    /** Counts changes of the primary, from 1 on. */
    readonly epoch: number;
    /** The history that it is on; 0 where servers have none. */
    readonly timeline: number;
  };
  /** The primary says that it is a replica, and nobody says yet that it is the primary. */
  readonly primaryLost: { readonly node: string };
  /** A node left the rotation or came back. */
  readonly rotation: {
    readonly node: string;
    readonly state: NodeHealthState;
    readonly reason: string | undefined;
  };
  /**
   * Somebody should look: an old primary takes writes (`old-primary`), a node belongs to another cluster (`another-cluster`), or two
   * nodes claim to be the primary (`two-primaries`), in which case nothing is written until one of them gives in.
   */
  readonly alarm: {
    readonly node: string;
    readonly why: Exclusion | 'two-primaries';
    /** The primary that it contradicts. */
    readonly with: string | undefined;
  };
}
