/** Where the nodes of a cluster are, as URLs. */
export interface Urls {
  readonly primary: string;
  readonly replicas: readonly string[];
}

/** What a read brought. */
export interface Answer {
  readonly value: string | undefined;
  /** The node that served it, where the contender says so. */
  readonly node?: string | undefined;
}

/** Something that happened, on the clock of {@link now}. */
export interface Heard {
  readonly at: number;
  readonly what: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What is heard of an exception that the contender let nobody catch. */
export const UNCAUGHT = 'uncaught';

/** What a read right after a write is to see; the peers have no such thing. */
export type Level = 'eventual' | 'bounded' | 'read-your-writes' | 'token';

/** How old what a `bounded` read sees may be, in milliseconds. */
export const BOUND_MS = 700;

/** A library that sends reads to replicas and writes to the primary, with its own pools. */
export interface Contender {
  readonly name: string;
  open(urls: Urls, hear: (what: string, facts: object) => void): Promise<void>;
  /** Reads the row of that id of the table `item`. */
  read(id: number): Promise<Answer>;
  /** Inserts the number into the table `written`. */
  write(id: number): Promise<void>;
  /** Inserts the number and reads it: `value` is `undefined` when it was not there. */
  pair(id: number, level: Level): Promise<Answer>;
  /** Ours only: what the router says about its nodes. */
  nodes?(): unknown;
  close(): Promise<void>;
}

/** Rows of `item`; that of id n holds `value n`. */
export const ITEMS = 1_000;
/** Connections to each node. */
export const MAX = 10;
/** How long a call may take, in milliseconds: everybody is given the same. */
export const READ_DEADLINE_MS = 2_000;
export const WRITE_DEADLINE_MS = 6_000;

/** Milliseconds on a clock that all processes share. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
