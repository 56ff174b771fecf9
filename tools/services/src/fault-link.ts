import { type Socket, connect } from 'node:net';
import { FaultPump, type Shape } from './fault-pump.js';

/** Where a proxy leads to. */
export interface FaultTarget {
  /** Name or address. */
  readonly host: string;
  /** From 1 to 65535. */
  readonly port: number;
}

/** One connection through the proxy: the client's socket, ours to the target, and a pump each way. */
export class FaultLink {
  readonly #client: Socket;
  #server: Socket | undefined;
  #pumps: FaultPump[] = [];
  #swallowing = false;
  #closed = false;

  /**
   * @param client A paused socket.
   * @param onClosed Called once, when both sides are gone.
   */
  constructor(
    client: Socket,
    private readonly shape: () => Shape,
    private readonly onClosed: () => void,
  ) {
    this.#client = client;
    this.#watch(client);
  }

  /** Whether bytes of it have been swallowed, so that it cannot go on. */
  get swallowing(): boolean {
    return this.#swallowing;
  }

  /** Connects to the target and carries bytes. */
  open(target: FaultTarget): void {
    const server = connect({ host: target.host, port: target.port, allowHalfOpen: true, noDelay: true });
    this.#server = server;
    this.#watch(server);
    this.#pumps = [
      new FaultPump(this.#client, server, this.shape),
      new FaultPump(server, this.#client, this.shape),
    ];
  }

  /** Bytes of both sides go nowhere; the sockets stay open, whatever either side does. */
  swallow(): void {
    this.#swallowing = true;
    for (const pump of this.#pumps) pump.swallow();
    // One that was never opened has no pump to read it.
    this.#client.resume();
  }

  /** The shape has changed. */
  wake(): void {
    for (const pump of this.#pumps) pump.wake();
  }

  /** Both sides get a RST. */
  reset(): void {
    // One that still connects would put the RST off until it is connected, perhaps for ever.
    this.#end((socket) => (socket.connecting ? socket.destroy() : socket.resetAndDestroy()));
  }

  /** Both sides are closed at once, with a FIN. */
  close(): void {
    this.#end((socket) => socket.destroy());
  }

  #end(how: (socket: Socket) => void): void {
    for (const pump of this.#pumps) pump.stop();
    this.#pumps = [];
    for (const socket of [this.#client, this.#server])
      if (socket !== undefined && !socket.destroyed) how(socket);
    this.#check();
  }

  #watch(socket: Socket): void {
    // What hits one side hits the other: a refused or broken connection is a RST for the client. A socket that closes without
    // an error has ended both ways; what it said may still be on its way to the other one.
    socket.on('error', () => {
      if (!this.#swallowing) this.reset();
    });
    socket.on('close', () => this.#check());
  }

  #check(): void {
    if (this.#closed || !this.#client.destroyed || (this.#server !== undefined && !this.#server.destroyed))
      return;
    this.#closed = true;
    this.onClosed();
  }
}
