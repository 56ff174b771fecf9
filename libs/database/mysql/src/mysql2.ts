import { DriverMissingError } from './errors.js';

/** The module `mysql2`. */
export type Mysql2 = typeof import('mysql2');

let loaded: Promise<Mysql2> | undefined;

/**
 * Loads `mysql2` when it is first needed, so that importing this package, to describe a pool for instance, works without
 * it. A failure is not remembered.
 *
 * @throws DriverMissingError `DRIVER_MISSING`, with the command that installs it
 */
export function loadMysql2(): Promise<Mysql2> {
  loaded ??= checkedMysql2(() => import('mysql2')).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

/** Loads by `load`, and checks that it is what this package can work with. */
export async function checkedMysql2(load: () => Promise<unknown>): Promise<Mysql2> {
  const module = (await load().catch((error: unknown) => {
    throw new DriverMissingError('could not be loaded', { cause: error });
  })) as { default?: Partial<Mysql2> } & Partial<Mysql2>;
  // A CommonJS module: what it exports stands under `default`, whatever else a loader has found.
  const mysql2 = module.default ?? module;
  const prototype = mysql2.Connection?.prototype as { reset?: unknown } | undefined;
  // COM_RESET_CONNECTION came with 3.16.
  if (typeof mysql2.createConnection !== 'function' || typeof prototype?.reset !== 'function') {
    throw new DriverMissingError('is older than 3.24');
  }
  return mysql2 as Mysql2;
}
