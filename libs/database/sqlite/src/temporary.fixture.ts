import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemEnv } from '@nest-pooling/core';
import type { Library } from './database.js';
import { sqlite, type SqliteFileOptions, type SqliteMemoryOptions } from './definition.js';
import { nodeSqlite } from './node-sqlite.js';

/** The packages that this Node can use. */
export const libraries: readonly Library[] =
  nodeSqlite() === undefined ? ['libsql'] : ['node:sqlite', 'libsql'];

/** A folder for the files of one test. */
export class Folder {
  private constructor(readonly path: string) {}

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'nest-pooling-sqlite-')));
  }

  file(name = 'test.db'): string {
    return join(this.path, name);
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}

/** Opens and starts a pool, under the name `shop`. */
export async function opened(options: SqliteFileOptions | SqliteMemoryOptions) {
  const managed = sqlite(options).open('shop', systemEnv);
  await managed.start();
  return managed;
}
