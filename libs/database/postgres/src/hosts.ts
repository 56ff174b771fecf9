import type { Env } from '@nest-pooling/core';
import type { Lane, NodeTarget } from '@nest-pooling/sql';
import { HostUnfitError, NoHostError } from './host-errors.js';
import { isLoginRefusal } from './login.js';
import type { Accept } from './open-session.js';
import type { Address } from './host-list.js';
import type { PostgresSession } from './session.js';
import type { TargetSessionAttrs } from './session-attrs.js';
import type { PostgresTarget } from './target-options.js';
import { withinTime } from './within-time.js';

/** A host that failed is tried after the others for this time, in milliseconds: each try of a dead one costs time. */
const REMEMBERED_MS = 30_000;

/** Opens a session at an address; `accept` looks at it before anybody else does. */
export type OpenAt = (address: Address, signal: AbortSignal, accept?: Accept) => Promise<PostgresSession>;

/** Where a target may be. */
export function hostsOf(target: NodeTarget): readonly Address[] {
  return (target as Partial<PostgresTarget>).hosts ?? [{ host: target.host, port: target.port }];
}

/** Tries the hosts of a target one after the other until one answers that is what is wanted. */
export class Hosts {
  /** When a host of a target has failed last. */
  readonly #failed = new WeakMap<NodeTarget, Map<Address, number>>();

  /**
   * @throws NoHostError `SQL_NO_HOST` that tells what is wrong with each, where there are several
   * @throws what the server said when it refused the login: other hosts would do the same
   */
  async open(
    target: NodeTarget,
    lane: Lane,
    env: Env,
    signal: AbortSignal,
    openAt: OpenAt,
  ): Promise<PostgresSession> {
    const known = target as Partial<PostgresTarget>;
    const { sessionAttrs = 'any', hostTimeoutMs = 0 } = known;
    const hosts = hostsOf(target);
    // What most have: nothing to choose, and the error as it is.
    if (hosts.length === 1 && sessionAttrs === 'any') return openAt(hosts[0]!, signal);
    const failed = this.#failedOf(target);
    const order = this.#order(hosts, failed, env, known.loadBalanceHosts ?? false);
    const reasons = new Map<Address, unknown>();
    const passes = sessionAttrs === 'prefer-standby' ? (['standby', 'any'] as const) : [sessionAttrs];
    for (const wanted of passes) {
      for (const [at, address] of order.entries()) {
        try {
          const accept = acceptOf(target.id, address, wanted, lane);
          // The last one may take as long as the caller waits.
          const ms = at === order.length - 1 && wanted === passes.at(-1) ? Infinity : hostTimeoutMs;
          const session = await withinTime(env, signal, ms, (limited) => openAt(address, limited, accept));
          failed.delete(address);
          return session;
        } catch (error) {
          if (signal.aborted || isLoginRefusal(error)) throw error;
          reasons.set(address, error);
          failed.set(address, env.scheduler.now());
        }
      }
    }
    throw new NoHostError(
      target.id,
      [...reasons].map(([address, error]) => [nameOf(address), error] as const),
    );
  }

  #failedOf(target: NodeTarget): Map<Address, number> {
    let failed = this.#failed.get(target);
    if (failed === undefined) this.#failed.set(target, (failed = new Map<Address, number>()));
    return failed;
  }

  #order(
    hosts: readonly Address[],
    failed: ReadonlyMap<Address, number>,
    { scheduler, random }: Env,
    shuffled: boolean,
  ): readonly Address[] {
    const given = shuffled ? shuffle(hosts, random) : hosts;
    if (failed.size === 0) return given;
    const since = scheduler.now() - REMEMBERED_MS;
    const when = (address: Address): number => {
      const at = failed.get(address) ?? -Infinity;
      return at > since ? at : -Infinity;
    };
    return given.toSorted((a, b) => (when(a) === when(b) ? 0 : when(a) - when(b)));
  }
}

function shuffle(hosts: readonly Address[], random: () => number): readonly Address[] {
  const mixed = [...hosts];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!];
  }
  return mixed;
}

function acceptOf(
  node: string,
  address: Address,
  wanted: TargetSessionAttrs,
  lane: Lane,
): Accept | undefined {
  if (wanted === 'any') return undefined;
  return async (session) => {
    const { role } = session.identity;
    // Sessions of the read lane are read-only because we want them so: there the role decides.
    const asks = wanted.startsWith('read-') && role === 'primary' && lane !== 'read';
    const readOnly = asks ? await isReadOnly(session) : role === 'replica';
    const fits =
      wanted === 'primary'
        ? role === 'primary'
        : wanted === 'standby'
          ? role === 'replica'
          : readOnly === (wanted === 'read-only');
    if (!fits) throw new HostUnfitError(node, nameOf(address), role, wanted);
  };
}

async function isReadOnly(session: PostgresSession): Promise<boolean> {
  const { rows } = await session.execute({ text: 'SHOW transaction_read_only', rowMode: 'array' });
  return (rows as [string][])[0]![0] === 'on';
}

/** As it is written in options. */
function nameOf({ host, port }: Address): string {
  if (host.startsWith('/')) return host;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
