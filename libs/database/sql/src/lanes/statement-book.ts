import type { SqlDriver, Statement } from '../driver.js';
import type { QueryOptions } from '../sql-pool.js';
import { Pace } from './pace.js';

/** How many texts are remembered: more than most services have statements. */
const TEXTS = 2_000;
/** Longer texts are made, and rarely come twice. */
const LONGEST_TEXT = 10_000;
/** Statements that a server can prepare, by the beginning of their fingerprint. */
const PREPARABLE = /^(select|insert|update|delete|merge|with|values|table)\b/;

/** Everything that a pool knows about one text. */
export class Profile {
  /** Runs under that name, once it has one. */
  #name: string | undefined;
  #uses = 0;

  constructor(
    /** The lane that it may take. */
    readonly lane: 'read' | 'write',
    /** It leaves state in its session. */
    readonly pins: boolean,
    /** What it is up to its values. */
    readonly fingerprint: string,
    /** How fast its kind is. */
    readonly pace: Pace,
    /** After how many uses it is prepared; `Infinity` for never. */
    private readonly prepareAfter: number,
  ) {}

  /** The name to prepare it under, from the use on that makes it worth it. */
  name(next: () => string): string | undefined {
    if (this.#name === undefined && ++this.#uses > this.prepareAfter) this.#name = next();
    return this.#name;
  }
}

/**
 * What a pool has learned about its statements. One look-up for each execution; bounded, the oldest are forgotten first.
 * Shared by the nodes of a pool: what is slow on one is slow on all.
 */
export class StatementBook {
  readonly #profiles = new Map<string, Profile>();
  readonly #paces = new Map<string, Pace>();
  #names = 0;
  readonly #nextName = (): string => `np_${++this.#names}`;

  constructor(
    private readonly driver: SqlDriver,
    /** After how many executions an autocommit statement is prepared; `Infinity` for never. */
    private readonly prepareAfter = Infinity,
  ) {}

  /** What is known about a text. */
  profile(text: string): Profile {
    return this.#profiles.get(text) ?? this.#read(text);
  }

  /** The statement that a caller gave, under a name when it is used often. For autocommit: elsewhere a stale name cannot be mended. */
  statement(
    profile: Profile,
    text: string,
    params: readonly unknown[] | undefined,
    options: QueryOptions | undefined,
  ): Statement {
    if (options === undefined) return { text, params, name: profile.name(this.#nextName) };
    const { name = profile.name(this.#nextName), rowMode, maxRows } = options;
    return { text, params, name, rowMode, ...(maxRows === undefined ? undefined : { maxRows }) };
  }

  #read(text: string): Profile {
    const { lane, pins, fingerprint, statements } = this.driver.classify(text);
    const preparable = statements === 1 && !pins && PREPARABLE.test(fingerprint);
    const after = preparable && text.length <= LONGEST_TEXT ? this.prepareAfter : Infinity;
    const profile = new Profile(lane, pins, fingerprint, this.#pace(fingerprint), after);
    if (text.length <= LONGEST_TEXT) remember(this.#profiles, text, profile);
    return profile;
  }

  #pace(fingerprint: string): Pace {
    let pace = this.#paces.get(fingerprint);
    if (pace === undefined) remember(this.#paces, fingerprint, (pace = new Pace()));
    return pace;
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= TEXTS) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
  map.set(key, value);
}
