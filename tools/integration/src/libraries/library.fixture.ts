/** An author, as every library gives it. */
export interface Author {
  readonly id: number;
  readonly name: string;
  readonly hits: number;
}

/** What is asked of a library; each does it in its own way. */
export interface Library {
  create(name: string, books?: readonly string[]): Promise<number>;
  find(id: number): Promise<Author | undefined>;
  rename(id: number, name: string): Promise<void>;
  remove(id: number): Promise<void>;
  /** The titles of an author's books, by a relation or a join. */
  books(id: number): Promise<readonly string[]>;
  /** In a transaction: locks the author, and counts one more. */
  hit(id: number): Promise<void>;
  /** In a transaction: creates an author, sees it there, and then does what `end` does. */
  createWithin(name: string, end: () => void): Promise<number>;
  /** In a transaction: two authors of the same name, which the server refuses. */
  createTwice(name: string): Promise<void>;
  close(): Promise<void>;
}
