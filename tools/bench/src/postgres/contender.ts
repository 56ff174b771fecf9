/** The row that everybody reads and writes. */
export interface Item {
  readonly id: number;
  readonly name: string;
  readonly cents: number;
}

/** How many of them there are. */
export const ITEMS = 10_000;
/** Sessions that each may have. */
export const MAX = 10;

/** What it is called everywhere: by those that prepare it, and by those that cannot. */
export const BY_ID = 'SELECT id, name, cents FROM item WHERE id = $1';
export const UPDATE = 'UPDATE item SET cents = cents + 1 WHERE id = $1';
export const ONE = 'SELECT 1 AS one';
export const SLEEP = 'SELECT pg_sleep(0.1)';
/** What the table holds, so that every answer can be checked. */
export const nameOf = (id: number): string => `item ${id}`;
/** What it holds of cents at the beginning; writes add to them. */
export const CENTS_PER_ID = 3;

/** One way to talk to Postgres, whoever wrote it. What it does not have is absent. */
export interface Contender {
  readonly name: string;
  /** What it was given; what is not named is its default. */
  readonly options: string;
  open(url: string): Promise<void>;
  one(): Promise<{ one: number } | undefined>;
  /** Prepared, in whatever way it has. */
  byId(id: number): Promise<Item | undefined>;
  /** As its users write it without thinking about preparing. */
  byIdPlain(id: number): Promise<Item | undefined>;
  /** On a session that is borrowed for it and given back. */
  borrowed?(id: number): Promise<Item | undefined>;
  /** BEGIN, a write, a read and COMMIT on a session that is borrowed for it. */
  transaction?(id: number): Promise<Item | undefined>;
  /** Resolves to the rows changed. */
  update(id: number): Promise<number | null>;
  sleep(): Promise<unknown>;
  close(): Promise<void>;
}
