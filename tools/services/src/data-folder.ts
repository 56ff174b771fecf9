import { execFileSync } from 'node:child_process';
import { chownSync, lstatSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { listProcesses, processStart, signal } from './processes.js';
import { serverProcesses } from './server-tree.js';
import type { ServerUser } from './server-user.js';
import { until } from './wait.js';

/** Data folders are `<tmp>/nest-pooling-pg-XXXXXX`; the watchdog removes nothing that is called otherwise. */
export const DATA_PREFIX = 'nest-pooling-pg-';

interface Owner {
  readonly pid: number;
  readonly start: string | undefined;
  /** Machine and process namespace: in another container the same pid is another process. */
  readonly place: string;
}

/**
 * Makes the folder that holds everything of one cluster, and writes down whose it is.
 * @param user Owner when the servers do not run as we do.
 */
export async function makeDataFolder(user: ServerUser | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), DATA_PREFIX));
  const owner: Owner = { pid: process.pid, start: processStart(process.pid), place: place() };
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return folder;
}

function place(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** The setting `cluster_name` of a node; its process titles carry it, see `ServerMark`. */
export function clusterNameOf(folder: string, node: string): string {
  return `${basename(folder)}/${node}`;
}

/**
 * Ends and removes what clusters of dead processes have left in the folder for temporary files. That is rare: it takes the
 * death of the watchdog as well. Only folders that carry our name, belong to us and say that their owner is dead
 * are touched; what cannot be removed stays.
 * @param root Where to look; default `os.tmpdir()`.
 * @returns The folders that were removed.
 */
export async function sweepStaleFolders(user: ServerUser | undefined, root = tmpdir()): Promise<string[]> {
  const folders = readdirSync(root)
    .filter((name) => name.startsWith(DATA_PREFIX))
    .map((name) => join(root, name));
  const swept = await Promise.all(
    folders.map(async (folder) => {
      try {
        if (!isOurs(folder, user)) return [];
        const verdict = judge(folder);
        if (verdict === 'alive') return [];
        // Without a readable owner only an empty folder is removed: rmdir refuses every other.
        if (verdict === 'unknown') await rmdir(folder);
        else await removeDataFolder(folder);
        return [folder];
      } catch {
        return [];
      }
    }),
  );
  return swept.flat();
}

function isOurs(folder: string, user: ServerUser | undefined): boolean {
  const info = lstatSync(folder);
  return info.isDirectory() && [process.getuid?.(), user?.uid].includes(info.uid);
}

function judge(folder: string): 'alive' | 'dead' | 'unknown' {
  let owner: Owner;
  try {
    owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as Owner;
  } catch {
    // Its maker may be about to write that file.
    return Date.now() - lstatSync(folder).mtimeMs > 60_000 ? 'unknown' : 'alive';
  }
  if (owner.place !== place()) return 'alive';
  return processStart(owner.pid) === owner.start ? 'alive' : 'dead';
}

/** Kills whatever still runs in a data folder, then removes the folder and the shared memory of killed servers. */
export async function removeDataFolder(folder: string): Promise<void> {
  const nodes = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const marks = nodes.map(({ name }) => ({
    node: name,
    dataDir: join(folder, name),
    clusterName: clusterNameOf(folder, name),
  }));
  await until(
    () => {
      const all = listProcesses();
      const alive = marks.flatMap((mark) => serverProcesses(mark, all));
      for (const entry of alive) signal(entry.pid, 'SIGKILL');
      return alive.length === 0;
    },
    { timeoutMs: 10_000, what: `no process was left in ${folder}`, everyMs: 5 },
  );
  for (const mark of marks) removeSharedMemory(mark.dataDir);
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/**
 * A server that was killed leaves its System V shared memory segment behind, of which a machine has a limited number. A
 * restart in the same folder takes it over; when the folder goes, so must the segment. Line 7 of the pid file has its id.
 */
export function removeSharedMemory(dataDir: string): void {
  try {
    const line = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[6] ?? '';
    const id = /^\s*\d+\s+(\d+)\s*$/.exec(line)?.[1];
    if (id !== undefined) execFileSync('ipcrm', ['-m', id], { stdio: 'ignore' });
  } catch {
    // Stopped in good order (no pid file), or no ipcrm here: 56 bytes stay until the next boot.
  }
}
