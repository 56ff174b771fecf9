import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { ServicesError } from './errors.js';

/** The address that everything here listens on. */
export const LOOPBACK = '127.0.0.1';

const given = new Set<number>();

/**
 * The range that free ports are taken from, for a text as in `/proc/sys/net/ipv4/ip_local_port_range`. It lies outside the
 * kernel's ephemeral ports: a port from in there can be taken by any outgoing connection while its server is down.
 */
export function portRange(ephemeral: string): { low: number; high: number } {
  const [low = 32_768, high = 60_999] = (ephemeral.match(/\d+/g) ?? []).map(Number);
  if (low - 1 - 15_000 >= 2_000) return { low: 15_000, high: low - 1 };
  if (65_535 - high >= 2_000) return { low: high + 1, high: 65_535 };
  return { low: 15_000, high: 65_535 };
}

function ephemeralPorts(): string {
  try {
    return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  } catch {
    // macOS: 49152 to 65535.
    return '49152 65535';
  }
}

/** Whether nothing listens on that loopback port and it may be listened on. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Free loopback ports, all different, outside the kernel's ephemeral range, and never the same one twice in this process.
 * Another process may still be faster: who listens must be ready to ask again.
 * @param count How many; default 1.
 * @throws ServicesError `SERVICES_PLATFORM` when none is found.
 */
export async function freePorts(count = 1): Promise<number[]> {
  const { low, high } = portRange(ephemeralPorts());
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries > 1_000 + count) {
      throw new ServicesError(
        'SERVICES_PLATFORM',
        `No free port was found on ${LOOPBACK} between ${low} and ${high}.`,
      );
    }
    const port = low + Math.floor(Math.random() * (high - low + 1));
    if (given.has(port)) continue;
    given.add(port);
    // Few ports are asked for; one look after the other is fine.
    // eslint-disable-next-line no-await-in-loop
    if (await portIsFree(port)) ports.push(port);
  }
  return ports;
}

/** One free loopback port; see {@link freePorts}. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/** Gives ports back that are no longer used, so that a long-lived process does not run out of them. */
export function returnPorts(ports: Iterable<number>): void {
  for (const port of ports) given.delete(port);
}
