import type { PoolingError } from '@nest-pooling/core';
import { PoolQueueFullError } from '@nest-pooling/pool';
import { NoNodeError, type NodeReport } from '@nest-pooling/routing';
import type { Call } from './call.js';
import { MAX_EJECTION_MS } from './setup.js';
import type { RouterWorld } from './world.js';

/** A node that has been well for so long is in rotation again: the longest ejection, and some probes. */
const RETURNED_MS = MAX_EJECTION_MS + 1_500;
/** What was the matter so long ago has been found out. */
const FOUND_OUT_MS = 1_000;

/**
 * Why a read may have failed; `undefined` when it should not have. Reads that have two seconds and ask for nothing but an answer do not
 * fail as long as one node has been well since a second before, unless
 *
 * - the primary is the only one that can be in rotation, and its guard takes no more,
 * - more has moved to other nodes than the budget allows,
 * - commits are synchronous and no replica is well, or gets what the primary commits: writes wait for one, with the sessions of the primary in their hands,
 * - two nodes fell silent one after the other within that time: each costs a probe to be found out,
 * - timeouts of others have opened the breakers of all nodes that are well, or as many wait there as may (counted),
 * - our own event loop stalled, or single sessions failed at random,
 * - the router was not started: nobody asks its nodes.
 *
 * Reads that must see something have the primary for it: they do not fail while that one is well, known, and in rotation.
 * It leaves the rotation also for timeouts that have another cause, such as a commit that waits for a replica or for a row.
 */
export function excused(world: RouterWorld, call: Call, error: PoolingError): string | undefined {
  const { code } = error;
  const { app, since, easy, fresh } = call;
  const { servers, links, cluster, operator, now } = world;
  if (!easy || world.ended) return 'nothing is promised';
  // Who is silent is found out by probes, and those begin with its start: until then a read waits as long as its pool lets it.
  if (!app.started) return 'its router was not started';
  const lasted = now - since + FOUND_OUT_MS;
  if (world.leapWithin(lasted) > 0) return 'our own event loop has stalled';
  if (servers.silencesSince(since - FOUND_OUT_MS) > 1) return 'several nodes fell silent';
  if (world.weather.lastAt >= since - FOUND_OUT_MS) return 'sessions fail at random';
  if (code === 'ROUTING_RETRY_BUDGET') return 'its move is not paid';
  const { primary } = operator;
  const followed = operator.replicas.some(
    (id) => servers.wellFor(app, id) >= lasted && links.linkedFor(id) >= lasted,
  );
  if (world.setup.synchronous && !followed) return 'writes that wait for a replica hold the sessions';
  const wellFor = (id: string): number => servers.wellFor(app, id);
  if (fresh) {
    const known = app.seen === cluster.server(primary).timeline && operator.since <= since - RETURNED_MS;
    const timedOut = app.router
      .nodes()
      .some((node) => node.id === primary && node.reason?.includes('timeout'));
    if (!call.heardPrimary || timedOut) return 'the primary was taken out for timeouts';
    if (!known || wellFor(primary) < Math.max(lasted, RETURNED_MS)) return 'the primary is not well';
    return code === 'ROUTING_FALLBACK_REFUSED' ? 'the guard takes no more' : undefined;
  }
  // An old primary that has returned is not used.
  const useful = servers.ids.filter((id) => id === primary || cluster.server(id).role === 'replica');
  const well = useful.filter((id) => wellFor(id) >= lasted);
  if (well.length === 0) return 'no node is well';
  const isFull = (id: string): boolean =>
    error instanceof NoNodeError && error.failures.get(id) instanceof PoolQueueFullError;
  const isOpen = ({ id, breaker }: NodeReport): boolean => breaker === 'closed' && !isFull(id);
  const open = app.router.nodes().filter(isOpen);
  if (code === 'ROUTING_NO_NODE' && !open.some(({ id }) => well.includes(id))) {
    world.count('all that are well have turned it away');
    return 'breakers are open, or queues are full';
  }
  if (code !== 'ROUTING_FALLBACK_REFUSED') return undefined;
  const returned = open.some(({ id }) => {
    return useful.includes(id) && id !== primary && wellFor(id) >= Math.max(lasted, RETURNED_MS);
  });
  return returned ? undefined : 'the guard takes no more';
}
