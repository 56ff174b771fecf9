import type { ErrorCategory } from '@nest-pooling/core';
import { PostgresError } from './errors.js';

/** A server answered, but it is not what `targetSessionAttrs` asks for. */
export class HostUnfitError extends PostgresError {
  static override readonly brand = 'HostUnfitError';
  readonly code = 'SQL_HOST_UNFIT';
  readonly category: ErrorCategory = 'unavailable';

  constructor(node: string, host: string, is: string, wanted: string) {
    const fact = wanted.startsWith('read-')
      ? `is a ${is}, and not ${wanted}`
      : `is a ${is}, and no ${wanted}`;
    super(`${node}: ${host} ${fact}.`);
  }
}

/** None of the hosts of a node can be used. The cause is what the last one said. */
export class NoHostError extends PostgresError {
  static override readonly brand = 'NoHostError';
  readonly code = 'SQL_NO_HOST';
  readonly category: ErrorCategory = 'unavailable';
  /** What is wrong with each, in the order in which they were tried. */
  readonly reasons: readonly { readonly host: string; readonly error: unknown }[];

  constructor(node: string, tried: readonly (readonly [host: string, error: unknown])[]) {
    const list = tried.map(([host, error]) => `${host}: ${wordsOf(error, node, host)}`).join('; ');
    super(`${node}: no host can be used (${list}). Check hosts and targetSessionAttrs, and the servers.`, {
      cause: tried.at(-1)?.[1],
    });
    this.reasons = tried.map(([host, error]) => ({ host, error }));
  }
}

function wordsOf(error: unknown, node: string, host: string): string {
  // Whatever looks like an error is one, from another realm too.
  const { message, code } = (error ?? {}) as { message?: string; code?: string };
  const text = message || code || String(error);
  return text.replace(`${node}: `, '').replace(`${host} `, '').replace(/\.$/, '');
}
