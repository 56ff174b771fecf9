import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/**
 * The addresses that these hosts stand for now, as one text that can be compared; `undefined` when none of them is a name. Rejects when
 * a name cannot be resolved.
 */
export async function resolveHosts(hosts: readonly string[]): Promise<string | undefined> {
  // A path is a socket on this machine.
  const names = hosts.filter((host) => isIP(host) === 0 && !host.startsWith('/'));
  if (names.length === 0) return undefined;
  const answers = await Promise.all(names.map((name) => lookup(name, { all: true })));
  // A server that balances by the order of its answers changes nothing.
  const sorted = answers.map((found) => found.map(({ address }) => address).toSorted());
  return sorted.map((addresses) => addresses.join(',')).join(' ');
}
