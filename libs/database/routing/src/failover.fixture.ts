import type { RouterEvents } from './router-events.js';
import type { ReadReplicaRouter } from './read-replica-router.js';
import { shop, type Shop } from './shop.fixture.js';

/** What happened, as far as it is told. */
function told(router: ReadReplicaRouter): string[] {
  const heard: string[] = [];
  router.on('primary', ({ node, from, epoch }) => heard.push(`primary ${node} after ${from} in ${epoch}`));
  router.on('primaryLost', ({ node }) => heard.push(`lost ${node}`));
  router.on('alarm', ({ node, why }: RouterEvents['alarm']) => heard.push(`alarm ${node}: ${why}`));
  return heard;
}

/** A router that was started, and what it tells. */
export async function started(...given: Parameters<typeof shop>): Promise<Shop & { heard: string[] }> {
  const made = await shop(...given);
  const heard = told(made.router);
  await made.run(made.router.start());
  return { ...made, heard };
}
