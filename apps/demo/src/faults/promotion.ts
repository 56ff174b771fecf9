import { ConflictException } from '@nestjs/common';
import type { PostgresCluster, PostgresNode } from '@nest-pooling/services';

/** What an operator, or a tool like Patroni, does when the primary is dead. The app is not told: its router finds out. */
export class Promotion {
  /** Were down at a promotion: they may have what the new primary never received. */
  readonly #left = new Set<PostgresNode>();

  /**
   * Makes `node` the primary, and the others follow it.
   *
   * @throws ConflictException while the primary may be alive, or when another replica has more.
   */
  async promote(cluster: PostgresCluster, node: PostgresNode): Promise<void> {
    const { primary } = cluster;
    if (node === primary) throw new ConflictException(`${node.name} is the primary already.`);
    if (node.state !== 'running') {
      throw new ConflictException(`${node.name} is ${node.state}: only one that runs can be promoted.`);
    }
    if (primary.state === 'running' || primary.state === 'frozen') {
      throw new ConflictException(
        `${primary.name} is the primary and ${primary.state}: kill it first, or there would be two.`,
      );
    }
    // What the others have and this one has not would be lost.
    const best = await cluster.mostAdvanced(node);
    if (best !== node) {
      throw new ConflictException(`${best.name} has received more than ${node.name}: promote ${best.name}.`);
    }
    await node.promote();
    this.#left.delete(node);
    for (const other of cluster.nodes) if (other !== node && other.state !== 'running') this.#left.add(other);
    await cluster.repoint();
  }

  /** Starts it again, in the role that it has now: an old primary comes back as a standby with a copy of the new one's data. */
  async restart(node: PostgresNode): Promise<void> {
    await (this.#left.has(node) ? node.rebuild() : node.restart());
    this.#left.delete(node);
  }
}
