import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, chownSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { makeDataFolder, removeDataFolder } from './data-folder.js';
import { withLibraries } from './debian-packages.js';
import { ServicesError, textOf } from './errors.js';
import { freePort, LOOPBACK, returnPorts } from './free-port.js';
import { writeOwned } from './owned-file.js';
import { type PgBouncerBinary, pgBouncerBinary } from './pgbouncer-binary.js';
import {
  ADMIN,
  checkPgBouncer,
  type PgBouncerOptions,
  renderPgBouncer,
  renderUsers,
} from './pgbouncer-options.js';
import { signal } from './processes.js';
import { dieWithParent, serverEnv } from './run.js';
import { asUser, type ServerUser, serverUser } from './server-user.js';
import { until } from './wait.js';
import { Watchdog } from './watchdog.js';

interface Parts {
  readonly binary: PgBouncerBinary;
  readonly options: PgBouncerOptions;
  readonly folder: string;
  readonly port: number;
  readonly user: ServerUser | undefined;
  readonly watchdog: Watchdog;
}

/** A real pgbouncer in front of a server. It ends with this process, whatever way that ends. */
export class PgBouncer implements AsyncDisposable {
  /** Always 127.0.0.1. */
  readonly host: string = LOOPBACK;
  /** Its loopback port; stays the same over restarts. */
  readonly port: number;
  /** For example `PgBouncer 1.18.0`. */
  readonly version: string;
  /** URL of its admin console, which takes simple queries (`SHOW POOLS`) only. */
  readonly adminUrl: string;
  readonly #parts: Parts;
  #child: ChildProcess | undefined;
  #stopping: Promise<void> | undefined;

  /** @internal */
  constructor(parts: Parts) {
    this.#parts = parts;
    this.port = parts.port;
    this.version = parts.binary.version;
    this.adminUrl = `postgres://${ADMIN}@${this.host}:${this.port}/pgbouncer`;
  }

  /** `postgres://postgres@127.0.0.1:<port>/<database>`. */
  urlOf(database = 'postgres', user = 'postgres'): string {
    return `postgres://${encodeURIComponent(user)}@${this.host}:${this.port}/${encodeURIComponent(database)}`;
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What it has logged. */
  log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** Starts it again after {@link kill}; resolves when it accepts connections. No effect while it runs. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const { options } = this.#parts;
    const child = this.#spawn();
    try {
      await until(() => this.#child !== child || accepts(this.port), {
        timeoutMs: options.startTimeoutMs ?? 10_000,
        what: 'pgbouncer accepted connections',
        everyMs: 5,
      });
      if (this.#child !== child) throw new Error('it ended');
    } catch (error) {
      await this.kill();
      const log = this.log().trim().slice(-2_000);
      throw new ServicesError(
        'SERVICES_START',
        `pgbouncer did not start: ${textOf(error)}. It logged:\n${log}`,
        {
          cause: error,
        },
      );
    }
  }

  /** SIGKILL: every connection breaks. Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    signal(child.pid, 'SIGKILL');
    await until(() => this.#child === undefined, {
      timeoutMs: 10_000,
      what: 'pgbouncer was gone',
      everyMs: 2,
    });
  }

  /** SIGSTOP: connections stay open, nothing is answered. */
  freeze(): void {
    if (this.pid !== undefined) signal(this.pid, 'SIGSTOP');
  }

  /** Lets it go on. */
  thaw(): void {
    if (this.pid !== undefined) signal(this.pid, 'SIGCONT');
  }

  /** Ends it and removes its folder. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** The same as {@link stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    await this.kill();
    await removeDataFolder(this.#parts.folder);
    await this.#parts.watchdog.release();
    returnPorts([this.port]);
  }

  get #logFile(): string {
    return join(this.#parts.folder, 'pgbouncer.log');
  }

  #spawn(): ChildProcess {
    const { binary, folder, user } = this.#parts;
    const log = openSync(this.#logFile, 'a');
    const words = withLibraries(binary.program, binary.libraries);
    const [program, ...args] = [...dieWithParent(), ...words, configOf(folder)];
    const child = spawn(program, args, {
      cwd: '/',
      detached: true,
      env: serverEnv(),
      stdio: ['ignore', log, log],
      ...asUser(user),
    });
    closeSync(log);
    child.unref();
    this.#child = child;
    const ended = () => {
      if (this.#child === child) this.#child = undefined;
    };
    child.once('exit', ended);
    child.once('error', ended);
    return child;
  }
}

/** In a folder of its own, as the data of a Postgres node is: that is how the watchdog and the sweeper find it. */
function configOf(folder: string): string {
  return join(folder, 'pgbouncer', 'pgbouncer.ini');
}

/**
 * Starts pgbouncer on a free loopback port. As root it runs as `nobody`, like Postgres.
 * @throws ServicesError `SERVICES_OPTIONS`, `SERVICES_BINARIES` when there is none and none can be had, `SERVICES_START`.
 */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  checkPgBouncer(options);
  const user = serverUser();
  const binary = await pgBouncerBinary(user);
  for (let left = 3; ; left -= 1) {
    // Somebody else may take the port first; then another is tried.
    // eslint-disable-next-line no-await-in-loop
    const port = await freePort();
    try {
      // eslint-disable-next-line no-await-in-loop
      return await startOn(port, { options, binary, user });
    } catch (error) {
      returnPorts([port]);
      if (left === 1 || !/in use|could not listen/i.test(textOf(error))) throw error;
    }
  }
}

async function startOn(port: number, given: Pick<Parts, 'options' | 'binary' | 'user'>): Promise<PgBouncer> {
  const folder = await makeDataFolder(given.user);
  const watchdog = await Watchdog.start(folder);
  const config = configOf(folder);
  const userFile = join(folder, 'pgbouncer', 'users.txt');
  mkdirSync(join(folder, 'pgbouncer'), { mode: 0o700 });
  if (given.user !== undefined) chownSync(join(folder, 'pgbouncer'), given.user.uid, given.user.gid);
  const bouncer = new PgBouncer({ ...given, folder, port, watchdog });
  try {
    await writeOwned(userFile, renderUsers(given.options), given.user);
    await writeOwned(config, renderPgBouncer(given.options, port, userFile), given.user);
    await bouncer.start();
  } catch (error) {
    await bouncer.stop();
    throw error;
  }
  return bouncer;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
