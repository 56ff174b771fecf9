import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debianPackages, withLibraries } from './debian-packages.js';
import { ServicesError, textOf } from './errors.js';
import { run } from './run.js';
import { type ServerUser, serverUser } from './server-user.js';

/** The programs of one MariaDB release, ready to be run by the servers' user. */
export interface MariadbBinaries {
  /** For example `MariaDB 10.11.18`. */
  readonly version: string;
  /** The words that run the server, before its options. */
  readonly server: readonly string[];
  /** The words that run the program that makes a new data folder, before its options. */
  readonly installDb: readonly string[];
  /** Settings of the server that say where its files are; none for an installed one. */
  readonly places: Readonly<Record<string, string>>;
}

const INSTALLED = [
  '/usr/sbin/mariadbd',
  '/usr/local/sbin/mariadbd',
  '/usr/local/mysql/bin/mariadbd',
  '/opt/homebrew/bin/mariadbd',
  'mariadbd',
];

/** The server, and the one with a program that its installer calls. */
const PACKAGES = ['mariadb-server-core', 'mariadb-client-core'];

/** Value of `MARIADBD` that means: Debian's package, also where MariaDB is installed. */
const FROM_DEBIAN = 'debian';

const INSTALL =
  'Install it (Debian: apt-get install mariadb-server; macOS: brew install mariadb), or set MARIADBD to its path.';

/** Whether a MariaDB can be started here: its version, or else the reason why not, in words for people. */
export type MariadbAvailability =
  | { readonly available: true; readonly version: string }
  | { readonly available: false; readonly reason: string };

/**
 * Says whether `startMariadbCluster` has a server to start. As that would, it fetches Debian's package where none is installed,
 * so the first answer on a machine may take seconds. It does not reject.
 */
export async function mariadbAvailable(): Promise<MariadbAvailability> {
  try {
    return { available: true, version: (await mariadbBinaries(serverUser())).version };
  } catch (error) {
    return { available: false, reason: textOf(error) };
  }
}

const found = new Map<string | undefined, Promise<MariadbBinaries>>();

/**
 * Finds MariaDB: where `MARIADBD` says (a path, or `debian`), else where systems put it, else its Debian packages are fetched and
 * unpacked into the cache folder, which needs no root and installs nothing.
 * @throws ServicesError `SERVICES_BINARIES` that says why there is none and what to do.
 */
export function mariadbBinaries(user: ServerUser | undefined): Promise<MariadbBinaries> {
  const given = process.env.MARIADBD;
  const known = found.get(given);
  if (known !== undefined) return known;
  const finding = find(given, user);
  found.set(given, finding);
  // A failure is not kept: the cause may be gone at the next try.
  finding.catch(() => found.delete(given));
  return finding;
}

async function find(given: string | undefined, user: ServerUser | undefined): Promise<MariadbBinaries> {
  const installed = given === undefined ? INSTALLED : [given];
  let why = '';
  for (const program of given === FROM_DEBIAN ? [] : installed) {
    try {
      // The first that runs is taken.
      // eslint-disable-next-line no-await-in-loop
      const version = await versionOf([program], user);
      // eslint-disable-next-line no-await-in-loop
      return { version, server: [program], installDb: await installerOf(program), places: {} };
    } catch (error) {
      why = textOf(error);
    }
  }
  if (given !== undefined && given !== FROM_DEBIAN) {
    const message = `MARIADBD names ${given}, which cannot be used: ${why}. ${INSTALL}`;
    throw new ServicesError('SERVICES_BINARIES', message);
  }
  try {
    return await fetched(user);
  } catch (error) {
    throw new ServicesError(
      'SERVICES_BINARIES',
      `MariaDB is not installed, and its Debian packages could not be used: ${textOf(error)}. ${INSTALL}`,
      { cause: error },
    );
  }
}

/** The program that makes data folders, beside the server where it is, else wherever the path leads to. */
async function installerOf(program: string): Promise<readonly string[]> {
  const base = dirname(dirname(program));
  for (const folder of program.includes('/') ? ['bin', 'scripts'] : []) {
    const installer = join(base, folder, 'mariadb-install-db');
    // eslint-disable-next-line no-await-in-loop
    const there = await access(installer).then(
      () => true,
      () => false,
    );
    if (there) return [installer, '--no-defaults', `--basedir=${base}`];
  }
  return ['mariadb-install-db', '--no-defaults'];
}

async function fetched(user: ServerUser | undefined): Promise<MariadbBinaries> {
  const { folder, libraries } = await debianPackages('mariadb', PACKAGES);
  const base = join(folder, 'usr');
  const server = withLibraries(join(base, 'sbin/mariadbd'), libraries);
  const installer = withLibraries(join(base, 'bin/mariadb-install-db'), libraries);
  return {
    version: await versionOf(server, user),
    server,
    installDb: [...installer, '--no-defaults', `--basedir=${base}`],
    places: {
      basedir: base,
      lc_messages_dir: join(base, 'share/mysql'),
      character_sets_dir: join(base, 'share/mysql/charsets'),
      plugin_dir: join(base, 'lib/mysql/plugin'),
    },
  };
}

/** `/usr/sbin/mariadbd  Ver 10.11.18-MariaDB-0+deb12u1 for debian-linux-gnu …`; MySQL's has no MariaDB in it. */
async function versionOf(words: readonly string[], user: ServerUser | undefined): Promise<string> {
  const [program = '', ...rest] = words;
  const text = await run(program, [...rest, '--no-defaults', '--version'], user);
  const number = /Ver (\d+\.\d+\.\d+)-MariaDB/.exec(text)?.[1];
  if (number === undefined) throw new ServicesError('SERVICES_BINARIES', `${program} is no MariaDB: ${text}`);
  return `MariaDB ${number}`;
}
