import type { ServerIdentity } from '@nest-pooling/sql';
import { Topology } from './topology.js';
import type { TopologyListener, TopologyNode } from './topology-node.js';

/** Three nodes, the first one configured as the primary, and what is heard of them. */
export function fleet(): {
  a: TopologyNode;
  b: TopologyNode;
  c: TopologyNode;
  topology: Topology<TopologyNode>;
  heard: string[];
} {
  const [a, b, c] = ['a', 'b', 'c'].map((id): TopologyNode => ({ id, proxied: false })) as [
    TopologyNode,
    TopologyNode,
    TopologyNode,
  ];
  const heard: string[] = [];
  const listener: TopologyListener<TopologyNode> = {
    promoted: (node, from, epoch) => void heard.push(`${from?.id ?? 'nobody'} -> ${node.id} in ${epoch}`),
    lost: (node) => void heard.push(`lost ${node.id}`),
    tied: (primary, rival) => void heard.push(`tie ${primary.id} ${rival.id}`),
    tieEnded: () => void heard.push('tie ended'),
    overtaken: (node) => void heard.push(`overtaken ${node.id}`),
    excluded: (node, why) => void heard.push(`out ${node.id}: ${why}`),
    included: (node) => void heard.push(`in ${node.id}`),
  };
  return { a, b, c, topology: new Topology([a, b, c], a, listener), heard };
}

/** What a server says. */
export const says = (role: 'primary' | 'replica', timeline = 1, systemId = 'one'): ServerIdentity => ({
  role,
  timeline,
  systemId,
  version: '1',
});
