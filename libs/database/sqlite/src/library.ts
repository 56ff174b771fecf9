import type { Library, OpenDatabase } from './database.js';
import { DriverMissingError } from './errors.js';
import { libsqlOpener, type Libsql } from './libsql.js';
import { nodeSqlite } from './node-sqlite.js';

let loaded: Promise<OpenDatabase> | undefined;

/**
 * Loads what opens databases when it is first needed: `node:sqlite` where this Node has it, else the package `libsql`; or the one that is
 * asked for.
 *
 * @throws DriverMissingError `DRIVER_MISSING`, with the command that installs it
 */
export async function loadLibrary(wanted: Library | undefined): Promise<OpenDatabase> {
  if (wanted !== 'libsql') {
    const builtIn = nodeSqlite();
    if (builtIn !== undefined) return builtIn;
    if (wanted !== undefined) throw new DriverMissingError('node:sqlite', process.version);
  }
  loaded ??= checkedLibsql(() => import('libsql')).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

/** Loads by `load`, and checks that it is what this package can work with. */
export async function checkedLibsql(load: () => Promise<unknown>): Promise<OpenDatabase> {
  const found = (await load().catch((error: unknown) => {
    throw new DriverMissingError('libsql', process.version, { cause: error });
  })) as { readonly default?: unknown };
  if (typeof found.default !== 'function') throw new DriverMissingError('libsql', process.version);
  return libsqlOpener(found.default as Libsql);
}
