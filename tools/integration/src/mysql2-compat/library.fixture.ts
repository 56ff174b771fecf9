import type { Library } from '../libraries/library.fixture.js';
import type { Face } from './faces.fixture.js';

/** Opens a library on a face. */
export type OpenLibrary = (face: Face) => Promise<Library>;

/** The tables that all of them use. */
export const TABLES = [
  'DROP TABLE IF EXISTS book, author',
  'CREATE TABLE author (id int AUTO_INCREMENT PRIMARY KEY, name varchar(200) NOT NULL UNIQUE, hits int NOT NULL DEFAULT 0)',
  'CREATE TABLE book (id int AUTO_INCREMENT PRIMARY KEY, title varchar(200) NOT NULL, author_id int NOT NULL, ' +
    'FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE CASCADE)',
];
