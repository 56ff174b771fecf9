import { join } from 'node:path';
import { ServicesError } from './errors.js';
import { LOOPBACK } from './free-port.js';
import { writeOwned } from './owned-file.js';
import { type NodeState, type ServerPlace, ServerProcess } from './server-process.js';

/** What a node says about itself; `unknown` when it does not answer. */
export type NodeRole = 'primary' | 'replica' | 'unknown';

/** What every server of a cluster is made from. */
export interface ManagedContext {
  readonly place: ServerPlace;
  readonly port: number;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
}

/** The part of a node that is the same for every database: address, life and death. */
export abstract class ManagedServer {
  /** `primary`, `replica-1`, …: what it was at the start, whatever it became since. */
  readonly name: string;
  /** Always 127.0.0.1. */
  readonly host: string = LOOPBACK;
  /** Its loopback port. */
  readonly port: number;
  /** Folder of its data. */
  readonly dataDir: string;
  /** File with its log. */
  readonly logFile: string;

  protected readonly server: ServerProcess;
  readonly #user: ServerPlace['user'];
  readonly #startTimeoutMs: number;
  readonly #stopTimeoutMs: number;

  /** @internal */
  constructor(context: ManagedContext) {
    const { place } = context;
    this.server = new ServerProcess(place);
    this.name = place.node;
    this.port = context.port;
    this.dataDir = place.dataDir;
    this.logFile = place.logFile;
    this.#user = place.user;
    this.#startTimeoutMs = context.startTimeoutMs;
    this.#stopTimeoutMs = context.stopTimeoutMs;
  }

  /** State of the server's processes as this process knows it. */
  get state(): NodeState {
    return this.server.state;
  }

  /** Process id of the server (of Postgres' postmaster) while there is one. */
  get pid(): number | undefined {
    return this.server.pid;
  }

  /** The last part of its log since its latest start, for messages. */
  logTail(length?: number): string {
    return this.server.logTail(length);
  }

  /**
   * Starts the server, in the role it has, and resolves when it accepts connections. No effect while it runs.
   * @throws ServicesError `SERVICES_START` with the tail of the log.
   */
  async start(): Promise<void> {
    if (this.state === 'running') return;
    await this.writeSettings();
    await this.server.start(this.#startTimeoutMs);
    await this.started();
  }

  /** Fast shutdown, as systemd would do it; killed when it takes longer than the cluster's `stopTimeoutMs`. */
  async stop(): Promise<void> {
    await this.server.stop(this.#stopTimeoutMs);
  }

  /**
   * The server is dead at once, like a machine that lost power: SIGKILL for all its processes, frozen ones too. Resolves
   * when they are gone and the port is free.
   */
  async kill(): Promise<void> {
    await this.server.kill();
  }

  /** {@link stop}, unless it is dead or frozen (then {@link kill}), and {@link start}. */
  async restart(): Promise<void> {
    await (this.state === 'running' ? this.stop() : this.kill());
    await this.start();
  }

  /**
   * Stops all its processes (SIGSTOP): connections stay open, new ones are accepted by the kernel, nothing is answered.
   * @throws ServicesError `SERVICES_STATE` when it does not run.
   */
  async freeze(): Promise<void> {
    await this.server.freeze();
  }

  /** Lets a frozen server go on. No effect on others. */
  async thaw(): Promise<void> {
    this.server.thaw();
  }

  /** Writes the file with its settings. */
  protected abstract writeSettings(): Promise<void>;

  /** Called when it has started. */
  protected abstract started(): Promise<void>;

  /** Writes a file of its data folder. */
  protected write(file: string, text: string): Promise<void> {
    return writeOwned(join(this.dataDir, file), text, this.#user);
  }

  /** An error about its present state. */
  protected stateError(fact: string): ServicesError {
    return new ServicesError('SERVICES_STATE', `${this.name} ${fact}.`, { node: this.name });
  }
}
