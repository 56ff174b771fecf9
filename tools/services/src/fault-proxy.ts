import { type Server, type Socket, createServer } from 'node:net';
import { ServicesError, textOf } from './errors.js';
import { check, checkPort, checkTarget } from './fault-checks.js';
import { FaultLink, type FaultTarget } from './fault-link.js';
import type { Shape } from './fault-pump.js';
import { LOOPBACK, freePort, returnPorts } from './free-port.js';

/** What the proxy does with connections. */
export type FaultMode = 'pass' | 'blackhole' | 'reset' | 'refuse' | 'stopped';

/** What {@link startFaultProxy} needs. */
export interface FaultProxyOptions {
  /** Where connections lead to; any host. */
  readonly target: FaultTarget;
  /** Loopback port to listen on; default: a free one. It stays the same for the proxy's whole life. */
  readonly port?: number;
}

const CLEAR: Shape = { latencyMs: 0, jitterMs: 0, bytesPerSecond: Infinity };

/**
 * A TCP proxy on loopback that can be told to behave like a bad network. Begins with `pass`. It keeps the process alive until
 * {@link stop}.
 */
export class FaultProxy implements AsyncDisposable {
  /** Always 127.0.0.1. */
  readonly host: string = LOOPBACK;
  /** The port it listens on. */
  readonly port: number;

  readonly #links = new Set<FaultLink>();
  #server: Server | undefined;
  #target: FaultTarget;
  #mode: FaultMode = 'pass';
  #shape = CLEAR;

  /** @internal */
  constructor(target: FaultTarget, port: number) {
    this.#target = target;
    this.port = port;
  }

  /** What it does with connections at present. */
  get mode(): FaultMode {
    return this.#mode;
  }

  /** Where new connections lead to. */
  get target(): FaultTarget {
    return this.#target;
  }

  /** Number of open connections, swallowed ones included. */
  get connections(): number {
    return this.#links.size;
  }

  /**
   * Everything is well again: no delay, no limit, listening. Connections that went into the black hole get a RST, as the
   * bytes they lost cannot be made up for.
   * @throws ServicesError `SERVICES_STATE` when stopped, or when its port was taken while it refused.
   */
  async pass(): Promise<void> {
    this.#shape = CLEAR;
    await this.#listen();
    this.#mode = 'pass';
    for (const link of this.#links) {
      if (link.swallowing) link.reset();
      else link.wake();
    }
  }

  /**
   * Every byte arrives later, in each direction, open connections included; order is kept. It adds to {@link rate}; 0 turns it off.
   * @param ms Delay in milliseconds; a round trip takes twice as much.
   * @param jitterMs Up to that much more, by chance; default 0.
   * @throws ServicesError `SERVICES_OPTIONS`.
   */
  latency(ms: number, jitterMs = 0): void {
    check('latency', ms >= 0 && Number.isFinite(ms), 'milliseconds from 0 up', ms);
    check('jitter', jitterMs >= 0 && Number.isFinite(jitterMs), 'milliseconds from 0 up', jitterMs);
    this.#reshape({ ...this.#shape, latencyMs: ms, jitterMs });
  }

  /**
   * Limits each direction of each connection. It adds to {@link latency}; `Infinity` turns it off.
   * @param bytesPerSecond More than 0.
   * @throws ServicesError `SERVICES_OPTIONS`.
   */
  rate(bytesPerSecond: number): void {
    check('rate', bytesPerSecond > 0, 'bytes per second, more than 0', bytesPerSecond);
    this.#reshape({ ...this.#shape, bytesPerSecond });
  }

  /**
   * A network that is gone without saying so: connections stay open and new ones are accepted, but bytes, and the ends of
   * streams, of both sides go nowhere.
   * @throws ServicesError as {@link pass}.
   */
  async blackhole(): Promise<void> {
    await this.#listen();
    this.#mode = 'blackhole';
    for (const link of this.#links) link.swallow();
  }

  /**
   * Open connections get a RST on both sides, and new ones right after they were accepted.
   * @throws ServicesError as {@link pass}.
   */
  async reset(): Promise<void> {
    await this.#listen();
    this.#mode = 'reset';
    for (const link of this.#links) link.reset();
  }

  /** Stops listening: new connections fail with ECONNREFUSED. Open ones are closed. */
  async refuse(): Promise<void> {
    if (this.#mode === 'stopped') throw stopped();
    this.#mode = 'refuse';
    await this.#close();
  }

  /** New connections lead elsewhere from now on; open ones stay where they are: drop them by {@link reset}. */
  retarget(host: string, port: number): void {
    checkTarget({ host, port });
    this.#target = { host, port };
  }

  /** Closes everything. May be called again. */
  async stop(): Promise<void> {
    if (this.#mode === 'stopped') return;
    this.#mode = 'stopped';
    await this.#close();
    returnPorts([this.port]);
  }

  /** The same as {@link stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #reshape(shape: Shape): void {
    this.#shape = shape;
    for (const link of this.#links) link.wake();
  }

  /** Begins to listen. @internal */
  async start(): Promise<this> {
    await this.#listen();
    return this;
  }

  async #listen(): Promise<void> {
    if (this.#mode === 'stopped') throw stopped();
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket),
    );
    this.#server = server;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: this.host, port: this.port, exclusive: true }, resolve);
      });
    } catch (error) {
      this.#server = undefined;
      const message = `The fault proxy cannot listen on ${this.host}:${this.port}: ${textOf(error)}`;
      throw new ServicesError('SERVICES_STATE', message, { cause: error });
    }
  }

  #accept(socket: Socket): void {
    if (this.#mode === 'reset') {
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
      return;
    }
    const link: FaultLink = new FaultLink(
      socket,
      () => this.#shape,
      () => this.#links.delete(link),
    );
    this.#links.add(link);
    if (this.#mode === 'pass') link.open(this.#target);
    else if (this.#mode === 'blackhole') link.swallow();
    else link.close();
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()));
    for (const link of this.#links) link.close();
    await closed;
  }
}

function stopped(): ServicesError {
  return new ServicesError('SERVICES_STATE', 'The fault proxy is stopped; start a new one.');
}

/**
 * Starts a proxy in front of a server.
 * @throws ServicesError `SERVICES_OPTIONS` for wrong options, `SERVICES_STATE` when the port cannot be listened on.
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  checkTarget(options.target);
  if (options.port !== undefined) checkPort('port', options.port);
  return new FaultProxy(options.target, options.port ?? (await freePort())).start();
}
