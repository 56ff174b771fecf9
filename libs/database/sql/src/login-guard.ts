import { createHash } from 'node:crypto';
import type { Env } from '@nest-pooling/core';
import type { NodeTarget } from './driver.js';
import { untilAborted } from './until-aborted.js';

/** What a server is told about who we are. */
export type Login = Awaited<ReturnType<NodeTarget['credentials']>>;

/** After a refusal the same credentials rest for this time, in milliseconds; twice as long after each further one. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** What a kind of server says of logins. */
export interface LoginWords {
  /** The server has looked at the credentials and said no. */
  readonly isRefusal: (error: unknown) => boolean;
  /** The error of credentials that are not tried now, since they were refused so often; `cause` is what the server said. */
  readonly resting: (node: string, refusals: number, restMs: number, cause: unknown) => Error;
}

/** What is known about the logins at one target. */
interface Knowledge {
  /** The credentials that were accepted last. A digest is no secret: it only tells others from the same. */
  accepted: string | undefined;
  /** The credentials that were refused last, how often, and when they may be tried again. */
  refused: { readonly digest: string; count: number; until: number; readonly cause: unknown } | undefined;
  /** Somebody tries credentials that nobody has tried before; settles, without an error, when it is over. */
  trying: Promise<unknown> | undefined;
}

/**
 * Logs in, and keeps wrong credentials from being tried over and over: a pool, its probes and its subscriptions all
 * connect to the same server, and together they would lock an account within seconds. New credentials are tried by one of
 * them, while the others wait for what becomes of it.
 */
export class LoginGuard {
  readonly #known = new WeakMap<NodeTarget, Knowledge>();

  constructor(private readonly words: LoginWords) {}

  /**
   * Asks for credentials and runs `attempt` with them. When the server refuses them, it asks once more and, if it is given
   * others, tries at once: a password may have been changed, or a token have expired, between the asking and the answer.
   *
   * @throws what `resting` makes, without asking the server, while the pause after a refusal lasts
   */
  async run<T>(
    target: NodeTarget,
    env: Env,
    signal: AbortSignal,
    attempt: (login: Login) => Promise<T>,
  ): Promise<T> {
    const { isRefusal } = this.words;
    let known = this.#known.get(target);
    if (known === undefined) {
      known = { accepted: undefined, refused: undefined, trying: undefined };
      this.#known.set(target, known);
    }
    let failure: unknown;
    for (let refused = false; ; refused = true) {
      const login = await untilAborted(target.credentials({ refused }), signal);
      const digest = digestOf(login);
      if (digest !== known.accepted && known.trying !== undefined) await untilAborted(known.trying, signal);
      const resting = restingOf(known, target.id, digest, env.scheduler.now(), this.words);
      if (resting !== undefined) {
        if (refused) throw failure ?? resting;
        continue;
      }
      const running = attempt(login);
      if (digest !== known.accepted) watch(known, running);
      try {
        const result = await running;
        known.accepted = digest;
        known.refused = undefined;
        return result;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const count = known.refused?.digest === digest ? known.refused.count + 1 : 1;
        known.refused = { digest, count, until: env.scheduler.now() + pauseAfter(count), cause: error };
        if (refused) throw error;
        failure = error;
      }
    }
  }
}

function watch(known: Knowledge, running: Promise<unknown>): void {
  // A turn later, when what became of it is noted.
  const over = (): void => void (known.trying = undefined);
  known.trying ??= running
    .then(
      () => {},
      () => {},
    )
    .then(over);
}

function restingOf(
  known: Knowledge,
  node: string,
  digest: string,
  now: number,
  { resting }: LoginWords,
): Error | undefined {
  const { refused } = known;
  if (refused === undefined || refused.digest !== digest) return undefined;
  if (now < refused.until) return resting(node, refused.count, refused.until - now, refused.cause);
  // Whoever comes first tries; the others learn from him.
  refused.until = now + pauseAfter(refused.count);
  return undefined;
}

function pauseAfter(count: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (count - 1));
}

function digestOf({ user, password, tls }: Login): string {
  const hash = createHash('sha256').update(JSON.stringify([user, password]));
  for (const name of ['cert', 'key', 'pfx', 'passphrase']) {
    const part = (tls as Record<string, unknown> | undefined)?.[name];
    hash.update(`\0${name}\0`);
    if (typeof part === 'string' || part instanceof Uint8Array) hash.update(part);
  }
  return hash.digest('base64');
}
