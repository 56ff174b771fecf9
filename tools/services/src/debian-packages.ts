import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached } from './cache-folder.js';
import { run } from './run.js';

/** Packages that were unpacked. */
export interface UnpackedPackages {
  /** What stands for `/`. */
  readonly folder: string;
  /** Folder of the libraries that the system lacks. */
  readonly libraries: string;
}

/**
 * Fetches packages of this machine's release of Debian, and those libraries they want that the system lacks, by apt, and
 * unpacks them into the cache folder, which needs no root and installs nothing.
 * @param name Name in the cache; has to change with the packages.
 * @throws ServicesError `SERVICES_COMMAND` where there is no apt, or no such package, or no network.
 */
export async function debianPackages(name: string, packages: readonly string[]): Promise<UnpackedPackages> {
  const version = (await run('dpkg-query', ['-W', '-f', '${Version}', 'base-files'])).trim();
  const folder = await cached({
    name: `${name}-${process.arch}-${version.replaceAll(/[^\w.]/g, '_')}`,
    build: async (target) => {
      const work = await mkdtemp(join(tmpdir(), 'nest-pooling-apt-'));
      try {
        const apt = await aptThatKnows(packages, work);
        const libraries = await missingLibraries(apt, packages);
        await download([...apt, 'download', '-qq', ...packages, ...libraries], work);
        const files = (await readdir(work)).filter((file) => file.endsWith('.deb'));
        // One after the other: two that make the same folder at once would trip over each other.
        // eslint-disable-next-line no-await-in-loop
        for (const file of files) await run('dpkg', ['-x', join(work, file), target]);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
      await run('chmod', ['-R', 'u+rwX,go+rX', target]);
    },
  });
  const names = await readdir(join(folder, 'usr/lib')).catch(() => []);
  // `x86_64-linux-gnu`, `aarch64-linux-gnu`; other folders in there belong to programs.
  const triplet = names.find((entry) => /^\w+-linux-/.test(entry)) ?? '';
  return { folder, libraries: join(folder, 'usr/lib', triplet) };
}

/**
 * Options with which apt knows the packages: none where its lists are filled, else lists of our own in that folder, for
 * the system's may be filled by root only.
 */
async function aptThatKnows(packages: readonly string[], folder: string): Promise<readonly string[]> {
  const known = await Promise.all(packages.map((name) => run('apt-cache', ['show', name]).catch(() => '')));
  if (known.every((text) => text !== '')) return [];
  const [state, cache] = [join(folder, 'state'), join(folder, 'cache')];
  await mkdir(join(state, 'lists/partial'), { recursive: true });
  await mkdir(join(cache, 'archives/partial'), { recursive: true });
  const settings = { 'Dir::State': state, 'Dir::State::status': '/var/lib/dpkg/status', 'Dir::Cache': cache };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', [...options, 'update', '-qq']);
  return options;
}

/** Libraries that the packages want and the system does not have; their names differ between releases of Debian. */
async function missingLibraries(apt: readonly string[], packages: readonly string[]): Promise<string[]> {
  const depends = await run('apt-cache', [...apt, 'depends', ...packages]);
  const names = depends.split('\n').flatMap((line) => /^\s*Depends: (lib\S+)/.exec(line)?.[1] ?? []);
  const missing = await Promise.all(
    [...new Set(names)].map(async (name) => {
      const status = await run('dpkg-query', ['-W', '-f', '${db:Status-Status}', name]).catch(() => '');
      return status === 'installed' ? [] : [name];
    }),
  );
  return missing.flat();
}

/** A word that the shell runs in that folder: apt-get downloads to where it is. */
function download(words: readonly string[], folder: string): Promise<string> {
  return run('/bin/sh', ['-c', 'cd "$0" && exec apt-get "$@"', folder, ...words]);
}

/** The words that run a program with libraries of ours. */
export function withLibraries(program: string, libraries: string | undefined): readonly string[] {
  return libraries === undefined ? [program] : ['env', `LD_LIBRARY_PATH=${libraries}`, program];
}
