import type { RouterNode } from './router-node.js';

/** One node, as far as a statement is concerned. */
export interface ExplainedNode {
  /** The id of the node. */
  readonly node: string;
  /** Whether the statement could go there now. */
  readonly candidate: boolean;
  /** Why, or why not. */
  readonly why: string;
}

/** Where a statement would go. */
export interface Explanation {
  /** The lane that the statement was classified for. */
  readonly lane: 'read' | 'write';
  /** The strategy that would choose among the candidates. */
  readonly strategy: string;
  /** Every node of the router, the primary first. */
  readonly nodes: readonly ExplainedNode[];
}

/** Explains a route from the state of the nodes at this moment. */
export function explain(
  lane: 'read' | 'write',
  nodes: readonly RouterNode[],
  strategy: string,
  /** Why a replica that is in rotation cannot serve the read; `undefined` when it can. */
  why: (node: RouterNode) => string | undefined = () => undefined,
): Explanation {
  const replicaThere = nodes.some((node) => !node.takesWrites && node.admits && why(node) === undefined);
  const explained = nodes.map((node): ExplainedNode => {
    const { id, takesWrites, health } = node;
    if (lane === 'write') {
      const candidate = takesWrites && node.exclusion === undefined;
      return { node: id, candidate, why: candidate ? 'writes go to the primary' : 'replicas take no writes' };
    }
    if (!node.admits) return { node: id, candidate: false, why: `out of rotation: ${node.reason}` };
    if (!takesWrites) {
      const reason = why(node);
      return { node: id, candidate: reason === undefined, why: reason ?? `in rotation (${health.state})` };
    }
    return replicaThere
      ? { node: id, candidate: false, why: 'the primary reads only when no replica can' }
      : { node: id, candidate: true, why: 'no replica can serve it' };
  });
  return { lane, strategy, nodes: explained };
}
