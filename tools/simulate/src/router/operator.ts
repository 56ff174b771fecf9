import type { RouterWorld } from './world.js';

/** Who looks after the servers: lets a replica take over, and the others follow. */
export class Operator {
  /** Where writes belong. */
  primary: string;
  /** Since when it is that one. */
  since = -Infinity;
  /** A failover is under way. */
  busy = false;

  constructor(
    private readonly world: RouterWorld,
    primary: string,
  ) {
    this.primary = primary;
  }

  get replicas(): readonly string[] {
    return this.world.servers.ids.filter((id) => id !== this.primary);
  }

  /** Lets the replica take over that has most of the log. Answers whether there was one. */
  promote(): boolean {
    const { world } = this;
    const { cluster, servers, setup, ledger } = world;
    const lengthOf = (id: string): number => cluster.logOf(id).entries.length;
    const able = this.replicas.filter(
      (id) => servers.up.includes(id) && cluster.server(id).role === 'replica',
    );
    const most = Math.max(...this.replicas.map(lengthOf));
    // Without it nobody knows whether something that was acknowledged is nowhere else.
    const candidates = setup.synchronous ? able.filter((id) => lengthOf(id) === most) : able;
    if (candidates.length === 0) return false;
    const best = candidates.reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a));
    cluster.promote(best);
    this.primary = best;
    this.since = world.now;
    const lost = ledger.promoted(best);
    world.trace.note(`${best} is promoted`, cluster.server(best).timeline, lost);
    world.count('promotions');
    for (let n = 0; n < lost; n++) world.count('lost by the servers');
    if (setup.synchronous && lost > 0)
      world.fail(`${lost} acknowledged writes are lost with synchronous commits`);
    return true;
  }

  /** Lets a server follow the present primary, if it does not already. */
  follow(id: string): void {
    const { world } = this;
    if (id === this.primary) return;
    world.trace.note(`${id} follows ${this.primary}`);
    world.cluster.follow(id, this.primary);
    world.servers.restarted(id);
    world.links.followed(id);
  }

  /** Everybody follows the present primary. */
  reunite(): void {
    const { cluster } = this.world;
    const { timeline } = cluster.server(this.primary);
    for (const id of this.replicas) {
      const server = cluster.server(id);
      if (server.role === 'primary' || server.timeline < timeline) this.follow(id);
    }
  }
}
