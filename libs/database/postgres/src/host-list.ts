import type { Problems } from '@nest-pooling/core';

/** An address that a connection goes to. */
export interface Address {
  /** A name, an address, or the folder of a unix socket. */
  readonly host: string;
  /** The port of the server. */
  readonly port: number;
}

/** `name`, `name:5432`, `10.0.0.1:5432`, `[::1]:5432`, or the folder of a unix socket. */
const HOST = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/;

/** Reads one of several hosts; `port` is for those that name none. */
export function readHost(text: unknown, port: number, problems: Problems, path: string): Address | undefined {
  if (typeof text === 'string' && text.startsWith('/')) return { host: text, port };
  const match = typeof text === 'string' ? HOST.exec(text.trim()) : null;
  const own = match?.[3] === undefined ? port : Number(match[3]);
  if (match && own >= 1 && own <= 65_535) return { host: (match[1] ?? match[2])!, port: own };
  problems.add(path, 'must be a host, host:port or [address]:port', text);
  return undefined;
}

/** Those that could be read. */
export function readHosts(
  texts: readonly unknown[],
  port: number,
  problems: Problems,
  path: string,
): readonly Address[] {
  return texts.flatMap((text, at) => readHost(text, port, problems, `${path}[${at}]`) ?? []);
}
