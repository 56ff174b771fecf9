import { join } from 'node:path';
import { debianPackages, withLibraries } from './debian-packages.js';
import { ServicesError, textOf } from './errors.js';
import { run } from './run.js';
import type { ServerUser } from './server-user.js';

/** A pgbouncer that runs. */
export interface PgBouncerBinary {
  /** For example `PgBouncer 1.18.0`. */
  readonly version: string;
  readonly program: string;
  /** Folder of libraries that the system lacks; undefined when it lacks none. */
  readonly libraries: string | undefined;
}

const INSTALLED = [
  '/usr/sbin/pgbouncer',
  '/usr/local/sbin/pgbouncer',
  '/opt/homebrew/bin/pgbouncer',
  'pgbouncer',
];
const INSTALL =
  'Install it (Debian: apt-get install pgbouncer; macOS: brew install pgbouncer), or set PGBOUNCER to its path.';

let found: Promise<PgBouncerBinary> | undefined;

/**
 * Finds pgbouncer: where `PGBOUNCER` says, else where systems put it, else its Debian package is fetched and unpacked
 * into the cache folder, which needs no root and installs nothing.
 * @throws ServicesError `SERVICES_BINARIES` that says why there is none and what to do.
 */
export function pgBouncerBinary(user: ServerUser | undefined): Promise<PgBouncerBinary> {
  found ??= find(user);
  found.catch(() => (found = undefined));
  return found;
}

async function find(user: ServerUser | undefined): Promise<PgBouncerBinary> {
  const given = process.env.PGBOUNCER;
  for (const program of given === undefined ? INSTALLED : [given]) {
    // The first that runs is taken.
    // eslint-disable-next-line no-await-in-loop
    const version = await versionOf(program, undefined, user).catch(() => undefined);
    if (version !== undefined) return { version, program, libraries: undefined };
  }
  if (given !== undefined) {
    throw new ServicesError('SERVICES_BINARIES', `PGBOUNCER names ${given}, which does not run. ${INSTALL}`);
  }
  try {
    return await fetched(user);
  } catch (error) {
    throw new ServicesError(
      'SERVICES_BINARIES',
      `pgbouncer is not installed, and its Debian package could not be used: ${textOf(error)}. ${INSTALL}`,
      { cause: error },
    );
  }
}

async function fetched(user: ServerUser | undefined): Promise<PgBouncerBinary> {
  const { folder, libraries } = await debianPackages('pgbouncer', ['pgbouncer']);
  const program = join(folder, 'usr/sbin/pgbouncer');
  return { version: await versionOf(program, libraries, user), program, libraries };
}

async function versionOf(
  program: string,
  libraries: string | undefined,
  user: ServerUser | undefined,
): Promise<string> {
  const [first, ...rest] = withLibraries(program, libraries);
  const text = await run(first!, [...rest, '--version'], user);
  return text.split('\n')[0]!.trim();
}
