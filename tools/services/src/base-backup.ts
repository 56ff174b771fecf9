import { chmod, chown, copyFile, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './errors.js';
import { writeOwned } from './owned-file.js';
import type { ServerUser } from './server-user.js';
import { type SqlTarget, withSql } from './sql.js';

/** Contents that a copy of a running server must not have; the folders themselves are needed. */
const EMPTY = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
]);
const SKIP = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'standby.signal',
  'backup_label',
  'tablespace_map',
]);

/**
 * Copies the data of a running server by the low-level backup of Postgres (`pg_backup_start`, copy, `pg_backup_stop`), as
 * the binaries hold no pg_basebackup. The result has no WAL: it starts as a standby that streams from that server, which
 * must keep the WAL from now on (a reserved slot).
 * @param from The server, and its data folder.
 * @param target Folder that is removed first and then made.
 * @param user Owner of the copy when the servers do not run as we do.
 * @throws ServicesError `SERVICES_SQL` when the server refuses.
 */
export async function baseBackup(
  from: SqlTarget & { readonly dataDir: string },
  target: string,
  user: ServerUser | undefined,
): Promise<void> {
  await rm(target, { recursive: true, force: true });
  const label = await withSql(
    from,
    // The backup belongs to the connection: it has to stay open.
    async (run) => {
      await run(`SELECT pg_backup_start('nest-pooling services', fast => true)`);
      await copyFolder(from.dataDir, target, user);
      const [row] = await run<{ labelfile: string }>(
        'SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)',
      );
      return row?.labelfile ?? '';
    },
    { timeoutMs: 30_000 },
  );
  await writeOwned(join(target, 'backup_label'), label, user);
}

async function copyFolder(
  source: string,
  target: string,
  user: ServerUser | undefined,
  depth = 0,
): Promise<void> {
  await mkdir(target, { mode: 0o700 });
  if (user !== undefined) await chown(target, user.uid, user.gid);
  const entries = await readdir(source, { withFileTypes: true });
  // A folder has some hundred small files at most; libuv's thread pool bounds what is really open at a time.
  await Promise.all(
    entries.map(async (entry) => {
      if (depth === 0 && SKIP.has(entry.name)) return;
      const [here, there] = [join(source, entry.name), join(target, entry.name)];
      if (!entry.isDirectory()) return copyOne(here, there, user);
      if (depth === 0 && EMPTY.has(entry.name)) return makeEmpty(there, user, entry.name === 'pg_wal');
      return copyFolder(here, there, user, depth + 1);
    }),
  );
}

async function makeEmpty(folder: string, user: ServerUser | undefined, wal: boolean): Promise<void> {
  const folders = wal ? [folder, join(folder, 'archive_status')] : [folder];
  for (const path of folders) {
    // The second lies in the first.
    // eslint-disable-next-line no-await-in-loop
    await mkdir(path, { mode: 0o700 });
    // eslint-disable-next-line no-await-in-loop
    if (user !== undefined) await chown(path, user.uid, user.gid);
  }
}

async function copyOne(source: string, target: string, user: ServerUser | undefined): Promise<void> {
  try {
    if (!(await lstat(source)).isFile()) return;
    await copyFile(source, target);
    await chmod(target, 0o600);
    if (user !== undefined) await chown(target, user.uid, user.gid);
  } catch (error) {
    // A file that the running server has removed since; replay knows about it.
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
