import { join } from 'node:path';
import { makeDataFolder, removeDataFolder } from './data-folder.js';
import { ServicesError, textOf } from './errors.js';
import { freePorts, returnPorts } from './free-port.js';
import type { ServerUser } from './server-user.js';
import { Watchdog } from './watchdog.js';

/** Where a cluster is to be. */
export interface ClusterPlace {
  /** One for each node, the primary's first. */
  readonly ports: readonly number[];
  /** Folder for everything of it. */
  readonly folder: string;
  readonly watchdog: Watchdog;
}

/** What is wanted, as far as it matters here. */
export interface PlaceOptions {
  readonly what: string;
  readonly replicas: number;
  readonly port: number | undefined;
  readonly user: ServerUser | undefined;
}

/**
 * Chooses ports, makes the folder, starts the watchdog and lets `start` do the rest; undoes all that when it fails. Ports are
 * chosen before the servers take them: when somebody else was faster, others are tried, unless the caller wanted these.
 * @throws ServicesError `SERVICES_START`, or what `start` throws.
 */
export async function startInPlace<C>(
  options: PlaceOptions,
  start: (place: ClusterPlace) => Promise<C>,
): Promise<C> {
  for (let left = 3; ; left -= 1) {
    // eslint-disable-next-line no-await-in-loop
    const ports = await choosePorts(options);
    try {
      // eslint-disable-next-line no-await-in-loop
      return await startOn(ports, options, start);
    } catch (error) {
      returnPorts(ports);
      const taken = textOf(error).includes('Address already in use');
      if (!taken || options.port !== undefined || left === 1) throw error;
    }
  }
}

async function choosePorts({ port, replicas }: PlaceOptions): Promise<number[]> {
  return port === undefined
    ? freePorts(replicas + 1)
    : Array.from({ length: replicas + 1 }, (_, n) => port + n);
}

async function startOn<C>(
  ports: readonly number[],
  { what, user }: PlaceOptions,
  start: (place: ClusterPlace) => Promise<C>,
): Promise<C> {
  const folder = await makeDataFolder(user);
  let watchdog: Watchdog | undefined;
  try {
    watchdog = await Watchdog.start(folder);
    return await start({ ports, folder, watchdog });
  } catch (error) {
    await removeDataFolder(folder);
    await watchdog?.release();
    if (error instanceof ServicesError && error.code !== 'SERVICES_TIMEOUT') throw error;
    throw new ServicesError('SERVICES_START', `The ${what} cluster did not start: ${textOf(error)}`, {
      cause: error,
    });
  }
}

/** Names and paths of the nodes of a cluster, the primary's first. */
export function nodePlaces({ folder, ports }: ClusterPlace) {
  return ports.map((port, n) => {
    const name = n === 0 ? 'primary' : `replica-${n}`;
    return { name, port, dataDir: join(folder, name), logFile: join(folder, `${name}.log`) };
  });
}
