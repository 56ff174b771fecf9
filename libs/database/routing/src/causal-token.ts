import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Position } from '@nest-pooling/sql';

/** A key that signs tokens: at least 16 bytes. */
export type TokenKey = string | Uint8Array;

/**
 * Why a token was not taken.
 *
 * - `unreadable`: it is no token of this format
 * - `forged`: no key of ours has signed it
 * - `expired`: it is older than `maxAgeMs`
 * - `foreign`: it belongs to another router, or to another system
 */
export type TokenProblem = 'unreadable' | 'forged' | 'expired' | 'foreign';

/** The version of the format. */
const VERSION = '1';
/** Longer ones do not fit a header anyway. */
const MAX_LENGTH = 4_096;
/** How far the clocks of two app instances may be apart. */
const SKEW_MS = 60_000;
const SEPARATOR = '\n';

/**
 * A position that travels: in a header, a cookie or a message. It holds the router's name, the system, the history, the place and when
 * it was issued, signed with HMAC-SHA256; it is not secret, but nobody else can make one.
 */
export class CausalTokens {
  readonly #keys: readonly TokenKey[];

  constructor(
    private readonly router: string,
    /** The first one signs, all are accepted. */
    keys: readonly TokenKey[],
    private readonly maxAgeMs: number,
    private readonly wallMs: () => number,
  ) {
    this.#keys = keys;
  }

  encode({ systemId, timeline, at }: Position): string {
    const fields = [this.router, systemId, timeline.toString(36), at, Math.floor(this.wallMs()).toString(36)];
    const body = `${VERSION}.${Buffer.from(fields.join(SEPARATOR)).toString('base64url')}`;
    return `${body}.${sign(body, this.#keys[0]!).toString('base64url')}`;
  }

  /** The position in a token of this router, or why there is none. */
  decode(token: string): Position | TokenProblem {
    const parts = token.length > MAX_LENGTH ? [] : token.split('.');
    const [version, body, mac] = parts;
    if (parts.length !== 3 || version !== VERSION || !body || !mac) return 'unreadable';
    const given = Buffer.from(mac, 'base64url');
    const signed = `${version}.${body}`;
    if (!this.#keys.some((key) => same(sign(signed, key), given))) return 'forged';
    const [router, systemId, timeline, at, issued] = Buffer.from(body, 'base64url')
      .toString()
      .split(SEPARATOR);
    if (!systemId || !timeline || !at || !issued) return 'unreadable';
    if (router !== this.router) return 'foreign';
    const age = this.wallMs() - Number.parseInt(issued, 36);
    if (!(age <= this.maxAgeMs && age >= -SKEW_MS)) return 'expired';
    return { systemId, timeline: Number.parseInt(timeline, 36), at };
  }
}

function sign(text: string, key: TokenKey): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
