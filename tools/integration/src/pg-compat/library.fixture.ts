import type { Face } from './faces.fixture.js';

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

/** Opens a library on a face. */
export type OpenLibrary = (face: Face) => Promise<Library>;

/** The tables that all of them use. */
export const TABLES = [
  'DROP TABLE IF EXISTS book, author',
  'CREATE TABLE author (id serial PRIMARY KEY, name text NOT NULL UNIQUE, hits int NOT NULL DEFAULT 0)',
  'CREATE TABLE book (id serial PRIMARY KEY, title text NOT NULL, author_id int NOT NULL REFERENCES author ON DELETE CASCADE)',
];
