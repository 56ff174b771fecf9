import type { Library } from '../libraries/library.fixture.js';
import type { Face } from './faces.fixture.js';

/** Opens a library on a face. */
export type OpenLibrary = (face: Face) => Promise<Library>;

/** The tables that all of them use. */
export const TABLES = [
  'DROP TABLE IF EXISTS book, author',
  'CREATE TABLE author (id serial PRIMARY KEY, name text NOT NULL UNIQUE, hits int NOT NULL DEFAULT 0)',
  'CREATE TABLE book (id serial PRIMARY KEY, title text NOT NULL, author_id int NOT NULL REFERENCES author ON DELETE CASCADE)',
];
