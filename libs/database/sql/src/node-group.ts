import { Problems, type ManagedNodeReport } from '@nest-pooling/core';
import type { PoolSink } from '@nest-pooling/pool';
import type { SqlNode } from './sql-node.js';

/** A node's numbers. `up` and `status` are what its owner knows about the server. */
export function nodeReport(node: SqlNode, up: boolean, status?: string): ManagedNodeReport {
  const stats = node.pool.stats();
  return {
    healthy: up && stats.healthy,
    status: status ?? stats.status,
    total: stats.total,
    available: stats.idle,
    inUse: stats.leased,
    waiting: node.waiting,
    utilization: Math.round(stats.utilization * 1_000) / 1_000,
    errors: stats.createErrors + node.errors,
  };
}

/** Changes the sizes of every node's pool; other options are refused. */
export function tuneNodes(name: string, nodes: readonly SqlNode[], options: object): void {
  const problems = new Problems();
  problems.unknown('', options, ['min', 'max']);
  problems.throwIfAny(`tuning the pool '${name}'`);
  for (const node of nodes) node.resize(options);
}

/** Subscribes one sink to every node's pool; returns the function that removes it from all. */
export function subscribeNodes(nodes: readonly SqlNode[], sink: object): () => void {
  const removers = nodes.map((node) => node.pool.subscribe(sink as PoolSink));
  return () => {
    for (const remove of removers) remove();
  };
}
