import { DriverMissingError } from './errors.js';

/** The module `pg`. */
export type Pg = typeof import('pg');

let loaded: Promise<Pg> | undefined;

/**
 * Loads `pg` when it is first needed, so that importing this package, to describe a pool for instance, works without
 * it. A failure is not remembered.
 *
 * @throws DriverMissingError `DRIVER_MISSING`, with the command that installs it
 */
export function loadPg(): Promise<Pg> {
  loaded ??= checkedPg(() => import('pg')).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

/** Loads by `load`, and checks that it is what this package can work with. */
export async function checkedPg(load: () => Promise<unknown>): Promise<Pg> {
  const pg = (await load().catch((error: unknown) => {
    throw new DriverMissingError('could not be loaded', { cause: error });
  })) as Partial<Pg>;
  // The transaction status and pipelining came together in 8.23.
  if (typeof pg.Client?.prototype.getTransactionStatus !== 'function' || !pg.Query || !pg.Connection) {
    throw new DriverMissingError('is older than 8.23');
  }
  return pg as Pg;
}

/** pg's own way to turn a parameter into a text or bytes. */
export function preparerOf(pg: Pg): (value: unknown) => unknown {
  const { utils } = (pg as unknown as { default: { utils: { prepareValue: (value: unknown) => unknown } } })
    .default;
  return utils.prepareValue;
}
