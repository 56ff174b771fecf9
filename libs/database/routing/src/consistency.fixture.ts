import type { RoutingOptions } from './options.js';
import type { ReadOptions } from './ways.js';
import { shop, type Shop } from './shop.fixture.js';

/** What the caller has written. */
export const OWN: ReadOptions = { consistency: 'read-your-writes' };

/** A router that knows where its nodes are. */
export async function opened(routing: RoutingOptions = {}, replicas = 2): Promise<Shop> {
  const made = await shop({ routing }, replicas);
  await made.run(made.router.start());
  await made.env.advance(1_000);
  return made;
}

/** The value that a read sees and the node that served it. */
export async function seen(
  { router, run }: Shop,
  options?: ReadOptions,
): Promise<readonly [value: unknown, node: string]> {
  const { rows, node } = await run(router.read('select a', [], options));
  return [rows[0]!.value, node];
}

export function pauseAll({ cluster }: Shop): void {
  for (const id of ['shop.replica-1', 'shop.replica-2']) cluster.pauseReplay(id);
}
