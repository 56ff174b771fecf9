import { PoolingError, type Timer } from '@nest-pooling/core';
import { SqlStartError } from './errors.js';
import type { SqlNode } from './sql-node.js';

/** How long nodes that have not answered are still waited for once one has. */
const GRACE_MS = 1_000;
const PROBE_TIMEOUT_MS = 1_000;
const PAUSE_MS = 100;

/**
 * Starts nodes: resolves when at least one answers and the others have answered, failed, or had a little more
 * time. When none answers within `timeoutMs` it rejects with a {@link SqlStartError}, unless they are not
 * `required`; then the pool begins without them and goes on trying.
 */
export async function untilOneAnswers(
  name: string,
  nodes: readonly SqlNode[],
  required: boolean,
  timeoutMs: number,
): Promise<void> {
  const { scheduler } = nodes[0]!.env;
  const deadline = scheduler.now() + timeoutMs;
  const reasons = new Map<SqlNode, unknown>();
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      scheduler.after(ms, resolve);
    });
  let answered = false;
  const startOne = async (node: SqlNode): Promise<void> => {
    try {
      await node.start();
      answered = true;
    } catch (error) {
      reasons.set(node, error);
    }
  };
  const all = Promise.all(nodes.map(startOne));
  const settled = all.then(() => 'settled' as const);
  const first = Promise.any(nodes.map((node) => answersOnce(node, deadline, pause)));
  const outcome = await Promise.race([
    settled,
    first.then(() => 'first' as const).catch(() => 'none' as const),
  ]);
  if (outcome === 'first') {
    let grace: Timer | undefined;
    const over = new Promise<void>((resolve) => (grace = scheduler.after(GRACE_MS, resolve)));
    await Promise.race([settled, over]);
    // The process could not exit before it.
    grace?.cancel();
  } else if (outcome === 'settled' && !answered) answered = await first.then(() => true).catch(() => false);
  if (outcome === 'first' || answered || !required) return;
  const told = nodes.map((node) => `${node.id}: ${codeOf(reasons.get(node))}`);
  const cause = [...reasons.values()][0];
  throw new SqlStartError(name, timeoutMs, told, cause);
}

/** Resolves with the first good probe; rejects at the deadline. */
async function answersOnce(
  node: SqlNode,
  deadline: number,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  const { scheduler } = node.env;
  for (;;) {
    try {
      await node.prober.probe(Math.max(1, Math.min(PROBE_TIMEOUT_MS, deadline - scheduler.now())));
      return;
    } catch (error) {
      if (node.pool.status === 'closed' || scheduler.now() + PAUSE_MS >= deadline) throw error;
      await pause(PAUSE_MS);
    }
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof PoolingError)) return 'no answer';
  const { cause } = error;
  return cause instanceof PoolingError ? cause.code : error.code;
}
