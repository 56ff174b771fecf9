import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { ServicesError, textOf } from './errors.js';
import { signal } from './processes.js';
import { dieWithParent, serverEnv } from './run.js';
import { type ServerMark, freezeTree, killTree, serverProcesses, thawTree } from './server-tree.js';
import { type ServerUser, asUser } from './server-user.js';
import { until } from './wait.js';

/**
 * State of a server process: `stopped` after `stop()` and at the beginning, `killed` when it ended in any other way
 * (`kill()`, a crash, a signal from outside).
 */
export type NodeState = 'stopped' | 'starting' | 'running' | 'frozen' | 'stopping' | 'killed';

/** What differs between the programs that are servers. */
export interface ServerProgram {
  /** The program and its arguments; they name the data folder, see `ServerMark`. */
  readonly words: readonly string[];
  /** The signal that makes it stop in good order without waiting for its clients. */
  readonly stopSignal: NodeJS.Signals;
  /** Called before a start: removes what a killed predecessor has left and a start trips over. */
  readonly clear: () => void;
  /**
   * Whether it accepts connections.
   * @param pid Its process id.
   * @param logged What it has logged since its start.
   */
  readonly ready: (pid: number | undefined, logged: () => string) => boolean;
}

/** What one server consists of. */
export interface ServerPlace extends ServerMark {
  readonly program: ServerProgram;
  readonly user: ServerUser | undefined;
  /** File that the server's log is appended to. */
  readonly logFile: string;
}

/** The processes of one server: starts, stops, kills, freezes them. Knows nothing of roles and SQL. */
export class ServerProcess {
  #child: ChildProcess | undefined;
  #state: NodeState = 'stopped';
  #logStart = 0;

  constructor(private readonly place: ServerPlace) {}

  get state(): NodeState {
    return this.#state;
  }

  /** Process id of the server, for Postgres the postmaster's, while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The last part of what the server has logged since its latest start. */
  logTail(length = 2_000): string {
    return this.logSince(this.#logStart).trim().slice(-length);
  }

  /** What it has logged since its log had that size. */
  logSince(size: number): string {
    try {
      return readFileSync(this.place.logFile).subarray(size).toString('utf8');
    } catch {
      return '';
    }
  }

  /** Present size of its log in bytes. */
  logSize(): number {
    return statSync(this.place.logFile, { throwIfNoEntry: false })?.size ?? 0;
  }

  /**
   * Starts the server and resolves when it accepts connections. Does nothing when it runs.
   * @throws ServicesError `SERVICES_START` with the tail of the log.
   */
  async start(timeoutMs: number): Promise<void> {
    const { place } = this;
    if (this.#state === 'running') return;
    if (this.#child !== undefined) {
      throw new ServicesError(
        'SERVICES_STATE',
        `${place.node} is ${this.#state} and cannot be started now.`,
        {
          node: place.node,
        },
      );
    }
    this.#state = 'starting';
    try {
      // Backends of a killed predecessor would keep its shared memory, and the new one would refuse to start.
      if (serverProcesses(place).length > 0) await killTree(place);
      place.program.clear();
      const child = this.#spawn();
      await until(() => this.#child !== child || this.#ready(), {
        timeoutMs,
        what: 'the server accepted connections',
        node: place.node,
        everyMs: 5,
      });
      if (this.#child !== child)
        throw new Error(`it ended with ${child.signalCode ?? `code ${child.exitCode}`}`);
      if (this.#stateNow() === 'starting') this.#state = 'running';
    } catch (error) {
      const log = this.logTail();
      await this.kill();
      throw new ServicesError(
        'SERVICES_START',
        `${place.node} did not start: ${textOf(error)}.${log === '' ? ' It logged nothing.' : ` Its log ends with:\n${log}`}`,
        { cause: error, node: place.node },
      );
    }
  }

  /** Keeps TypeScript from thinking that the state cannot have changed during an await. */
  #stateNow(): NodeState {
    return this.#state;
  }

  #spawn(): ChildProcess {
    const { logFile, user } = this.place;
    const log = openSync(logFile, 'a');
    this.#logStart = this.logSize();
    const [program = '', ...args] = [...dieWithParent(), ...this.place.program.words];
    // Detached: Ctrl-C in our terminal is for us; we then stop the servers in good order.
    const child = spawn(program, args, {
      cwd: '/',
      detached: true,
      env: serverEnv(),
      stdio: ['ignore', log, log],
      ...asUser(user),
    });
    closeSync(log);
    // A program that has nothing else to do may end; the watchdog then ends the server.
    child.unref();
    this.#child = child;
    const ended = () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#state = this.#state === 'stopping' ? 'stopped' : 'killed';
    };
    child.once('exit', ended);
    child.once('error', ended);
    return child;
  }

  #ready(): boolean {
    return this.place.program.ready(this.pid, () => this.logSince(this.#logStart));
  }

  /** Makes the server read its settings again; a frozen one does so when it is thawed. */
  reload(): void {
    if (this.pid !== undefined) signal(this.pid, 'SIGHUP');
  }

  /** Shutdown in good order: open transactions are rolled back. What is not over after `timeoutMs` is killed. */
  async stop(timeoutMs: number): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) {
      this.#state = 'stopped';
      return;
    }
    if (this.#state === 'frozen') this.thaw();
    this.#state = 'stopping';
    signal(child.pid, this.place.program.stopSignal);
    try {
      await until(() => this.#child !== child, { timeoutMs, what: 'the server had stopped', everyMs: 5 });
    } catch {
      signal(child.pid, 'SIGKILL');
    }
    await this.#end();
    this.#state = 'stopped';
  }

  /** SIGKILL for all processes of the server; resolves when they are gone, and with them the port. */
  async kill(): Promise<void> {
    if (this.#state === 'stopped') return;
    if (this.pid !== undefined) signal(this.pid, 'SIGKILL');
    await this.#end();
    this.#state = 'killed';
  }

  async #end(): Promise<void> {
    await killTree(this.place);
    await until(() => this.#child === undefined, {
      timeoutMs: 10_000,
      what: 'the killed server was gone',
      node: this.place.node,
      everyMs: 2,
    });
  }

  /** SIGSTOP for all processes of the server: connections stay open, nothing is answered. */
  async freeze(): Promise<void> {
    if (this.#state === 'frozen') return;
    if (this.#state !== 'running' || this.pid === undefined) {
      throw new ServicesError(
        'SERVICES_STATE',
        `${this.place.node} is ${this.#state}: only a running server freezes.`,
        {
          node: this.place.node,
        },
      );
    }
    this.#state = 'frozen';
    await freezeTree(this.place, this.pid, () => this.#stateNow() === 'frozen');
  }

  /** SIGCONT for all processes of the server. Does nothing when it is not frozen. */
  thaw(): void {
    if (this.#state !== 'frozen' || this.pid === undefined) return;
    thawTree(this.place, this.pid);
    this.#state = 'running';
  }
}
