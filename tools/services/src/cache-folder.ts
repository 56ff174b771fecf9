import { chown, lstat, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { ServicesError, codeOf } from './errors.js';
import { processStart } from './processes.js';
import type { ServerUser } from './server-user.js';

/**
 * The folder for things that are costly to make and do not change: `<tmp>/nest-pooling-services-<uid>`. Made on demand.
 * @throws ServicesError `SERVICES_CACHE` when the name is taken by something that others may write to: what we run as
 * our servers must not be theirs to choose.
 * @param base Default `os.tmpdir()`.
 */
export async function cacheFolder(base = tmpdir()): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const folder = join(base, `nest-pooling-services-${uid}`);
  await mkdir(folder, { mode: 0o755 }).catch((error: unknown) => {
    if (codeOf(error) === 'EEXIST') return;
    throw new ServicesError(
      'SERVICES_CACHE',
      `The cache folder ${folder} cannot be made. Is TMPDIR writable?`,
      {
        cause: error,
      },
    );
  });
  const info = await lstat(folder);
  if (!info.isDirectory() || info.uid !== uid || (info.mode & 0o022) !== 0) {
    throw new ServicesError(
      'SERVICES_CACHE',
      `The cache folder ${folder} is not a folder that only user ${uid} can write to. Remove it, or set TMPDIR.`,
    );
  }
  return folder;
}

/** How to make one entry of the cache. */
export interface CacheEntry {
  /** Name in the cache folder; has to change with everything that the content depends on. */
  readonly name: string;
  /** Owner of the content when it is not ourselves. */
  readonly user?: ServerUser | undefined;
  /** Fills the given, existing and empty folder. */
  readonly build: (folder: string) => Promise<void>;
}

/**
 * The folder with the wanted content, built when it is not there. Safe among processes: the content is built under
 * a name of its own and renamed when it is whole, so that a killed builder leaves nothing that looks finished; of two
 * builders the first one wins. An entry from which files have gone since (cleaners of /tmp do that) is built anew.
 * @param base Folder that the cache folder is in; default `os.tmpdir()`.
 */
export async function cached(entry: CacheEntry, base?: string): Promise<string> {
  const root = await cacheFolder(base);
  const final = join(root, entry.name);
  if (await isWhole(final)) return join(final, 'content');

  await removeUnfinished(root);
  const own = (what: string) =>
    join(root, `${what}-${process.pid}-${processStart(process.pid) ?? 0}-${randomBytes(4).toString('hex')}`);
  const building = own('building');
  const broken = own('broken');
  const content = join(building, 'content');
  await mkdir(content, { recursive: true, mode: 0o755 });
  try {
    if (entry.user !== undefined) await chown(content, entry.user.uid, entry.user.gid);
    await entry.build(content);
    const files = await fileCount(content);
    // What is broken makes room by a rename too: nobody is to see it half removed.
    if (!(await isWhole(final))) await rename(final, broken).catch(() => undefined);
    await writeFile(join(building, 'files'), String(files));
    await rename(building, final);
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await Promise.all([building, broken].map((folder) => rm(folder, { recursive: true, force: true })));
  }
  return join(final, 'content');
}

async function fileCount(folder: string): Promise<number> {
  return (await readdir(folder, { recursive: true })).length;
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    const [files, wanted] = await Promise.all([
      fileCount(join(folder, 'content')),
      readFile(join(folder, 'files'), 'utf8'),
    ]);
    return String(files) === wanted;
  } catch {
    return false;
  }
}

/** Removes what killed builders have left. A name tells who builds there. */
async function removeUnfinished(root: string): Promise<void> {
  const names = await readdir(root);
  const dead = names.filter((name) => {
    const match = /^(?:building|broken)-(\d+)-(\d+)-[0-9a-f]+$/.exec(name);
    return match !== null && (processStart(Number(match[1])) ?? '0') !== match[2];
  });
  await Promise.all(dead.map((name) => rm(join(root, name), { recursive: true, force: true })));
}
