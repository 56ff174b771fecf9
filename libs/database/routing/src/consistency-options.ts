import { Problems } from '@nest-pooling/core';
import type { Consistency } from '@nest-pooling/sql';
import type { TokenKey, TokenProblem } from './causal-token.js';

/** How many reads the primary takes that should be on a replica. */
export interface FallbackOptions {
  /** The share of the primary's pool that they may use at a time, from 0 to 1. Default 0.2; one read at a time is always let in. */
  readonly share?: number;
  /** How many more are let in at once. Default 10; 0 is none ever. */
  readonly burst?: number;
  /** How many more per second. Default 10. */
  readonly perSecond?: number;
  /** How long one that is beyond all that waits before it is refused, in milliseconds. Default 100; 0 refuses at once. */
  readonly waitMs?: number;
  /**
   * Whether a read that finds the share used up goes to a replica that was ejected, but has answered its last probe, before it waits. Default
   * true: when all replicas were ejected for being slow, slow answers are better than refusals.
   */
  readonly panic?: boolean;
}

/** How positions travel to the next request and to other app instances. */
export interface TokenOptions {
  /** The keys of the signature, at least 16 bytes each: the first one signs, all are accepted, so that keys can be rotated. */
  readonly keys: readonly TokenKey[];
  /** How old a token may be, in milliseconds. Default 600,000. */
  readonly maxAgeMs?: number;
  /**
   * What becomes of reads that come with a token that is not valid. Default `ignore`: they see what they would see without one, so that
   * whoever forges one loses only his own guarantee. `primary` sends those that are `read-your-writes` to the (guarded) primary.
   */
  readonly onInvalid?: 'ignore' | 'primary';
  /** Hears of every token that is not valid. Default: nobody. */
  readonly onRejected?: (problem: TokenProblem) => void;
}

/** What reads must see. */
export interface ConsistencyOptions {
  /** What reads must see that name nothing else. Default `eventual`. */
  readonly consistency?: Consistency;
  /** How far behind a replica may be that serves a read, in milliseconds, unless a call or scope says otherwise. Default: any. */
  readonly maxLagMs?: number;
  /**
   * So many replicas, the least behind first, serve reads under the router's own `maxLagMs` however far behind they are. Never those under a
   * bound of a call or scope, nor `read-your-writes`. Default 0: then the primary serves.
   */
  readonly minServing?: number;
  /** How long a read waits for a replica that has not yet come as far as it must have, in milliseconds. Default 50. */
  readonly catchUpMs?: number;
  /** How many reads the primary takes that should be on a replica. */
  readonly fallback?: FallbackOptions;
  /** How positions travel to other app instances. Default: they do not. */
  readonly tokens?: TokenOptions;
}

/** Every level, weakest first. */
export const consistencyNames: readonly Consistency[] = ['eventual', 'bounded', 'read-your-writes', 'strong'];

/** The names of {@link ConsistencyOptions}. */
export const consistencyOptionNames: readonly (keyof ConsistencyOptions)[] = [
  'consistency',
  'maxLagMs',
  'minServing',
  'catchUpMs',
  'fallback',
  'tokens',
];

const MIN_KEY_BYTES = 16;

/** Collects what is wrong with options of consistency under `path` (empty, or ending in a dot). */
export function checkConsistency(options: ConsistencyOptions, problems: Problems, path: string): void {
  const { consistency, maxLagMs, minServing, catchUpMs, fallback, tokens } = options;
  problems.oneOf(`${path}consistency`, consistency, consistencyNames);
  problems.duration(`${path}maxLagMs`, maxLagMs);
  if (consistency === 'bounded' && maxLagMs === undefined) {
    problems.add(`${path}maxLagMs`, "is needed with consistency 'bounded'");
  }
  problems.number(`${path}minServing`, minServing, { min: 0, integer: true });
  problems.duration(`${path}catchUpMs`, catchUpMs);
  problems.type(`${path}fallback`, fallback, 'object');
  if (typeof fallback === 'object' && fallback !== null) {
    problems.unknown(`${path}fallback`, fallback, ['share', 'burst', 'perSecond', 'waitMs', 'panic']);
    problems.number(`${path}fallback.share`, fallback.share, { min: 0, max: 1 });
    problems.number(`${path}fallback.burst`, fallback.burst, { min: 0, integer: true });
    problems.number(`${path}fallback.perSecond`, fallback.perSecond, { min: 0 });
    problems.duration(`${path}fallback.waitMs`, fallback.waitMs);
    problems.type(`${path}fallback.panic`, fallback.panic, 'boolean');
  }
  problems.type(`${path}tokens`, tokens, 'object');
  if (typeof tokens === 'object' && tokens !== null) checkTokens(tokens, problems, `${path}tokens`);
}

function checkTokens(tokens: TokenOptions, problems: Problems, path: string): void {
  problems.unknown(path, tokens, ['keys', 'maxAgeMs', 'onInvalid', 'onRejected']);
  problems.duration(`${path}.maxAgeMs`, tokens.maxAgeMs, { min: 1, infinite: true });
  problems.oneOf(`${path}.onInvalid`, tokens.onInvalid, ['ignore', 'primary']);
  problems.type(`${path}.onRejected`, tokens.onRejected, 'function');
  const keys: readonly unknown[] = Array.isArray(tokens.keys) ? tokens.keys : [];
  // The keys themselves are nobody's business.
  if (keys.length === 0) problems.add(`${path}.keys`, 'must be a list of at least one key');
  for (const [at, key] of keys.entries()) {
    const bytes =
      typeof key === 'string' ? Buffer.byteLength(key) : key instanceof Uint8Array ? key.byteLength : 0;
    if (bytes < MIN_KEY_BYTES) {
      problems.add(`${path}.keys[${at}]`, `must be a text or bytes of at least ${MIN_KEY_BYTES} bytes`);
    }
  }
}
