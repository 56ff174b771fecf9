import type { Socket } from 'node:net';

/** How bytes are shaped; read anew for every piece, so that a change holds at once for what is on its way, too. */
export interface Shape {
  /** Delay of every byte, in milliseconds. */
  readonly latencyMs: number;
  /** Up to that much is added to the delay of each piece, in milliseconds. */
  readonly jitterMs: number;
  /** Bytes per second and direction of a connection; Infinity when not limited. */
  readonly bytesPerSecond: number;
}

/** More than this does not wait in one direction of a connection: then its sender is held up. */
const HIGH_WATER = 1024 * 1024;

interface Piece {
  /** Undefined is the end of the stream. */
  readonly bytes: Buffer | undefined;
  readonly arrived: number;
  /** From 0 to 1: its share of the jitter. */
  readonly chance: number;
}

/**
 * Carries bytes from one socket to another, in order, delayed and slowed down. A slow receiver holds the sender up (nothing but
 * {@link HIGH_WATER} is kept), and the end of the stream takes the same way as the bytes.
 */
export class FaultPump {
  readonly #queue: Piece[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #blocked = false;
  #ended = false;
  /** Not before this time may the next piece leave, as the rate has it. */
  #nextAt = 0;
  #swallowing = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly shape: () => Shape,
  ) {
    from.on('data', (bytes: Buffer) => this.#arrive(bytes));
    from.on('end', () => this.#arrive(undefined));
    to.on('drain', () => {
      this.#blocked = false;
      this.wake();
    });
    // It was accepted in a paused state.
    from.resume();
  }

  /** From now on everything is thrown away, what waits included, and there is no way back. */
  swallow(): void {
    this.#swallowing = true;
    this.#clear();
    this.from.resume();
  }

  /** Looks again at what waits; call it when the shape has changed. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flush();
  }

  /** Ends without carrying on what waits. */
  stop(): void {
    this.#ended = true;
    this.#clear();
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue.length = 0;
    this.#waiting = 0;
  }

  #arrive(bytes: Buffer | undefined): void {
    if (this.#swallowing || this.#ended) return;
    this.#queue.push({ bytes, arrived: performance.now(), chance: Math.random() });
    this.#waiting += bytes?.length ?? 0;
    if (this.#waiting > HIGH_WATER) this.from.pause();
    if (this.#timer === undefined) this.#flush();
  }

  #flush(): void {
    while (!this.#ended && !this.#blocked) {
      const [piece] = this.#queue;
      if (piece === undefined) return;
      const { latencyMs, jitterMs, bytesPerSecond } = this.shape();
      const now = performance.now();
      if (bytesPerSecond === Infinity) this.#nextAt = 0;
      const due = Math.max(piece.arrived + latencyMs + piece.chance * jitterMs, this.#nextAt);
      if (due > now) {
        this.#timer = setTimeout(() => this.wake(), Math.min(Math.ceil(due - now), 2 ** 31 - 1));
        return;
      }
      this.#send(piece, bytesPerSecond, now);
    }
  }

  #send(piece: Piece, bytesPerSecond: number, now: number): void {
    const { bytes } = piece;
    if (bytes === undefined) {
      this.#ended = true;
      this.#queue.length = 0;
      this.to.end();
      return;
    }
    // A fiftieth of a second at a time: smooth, and soon aware of a change.
    const size = Math.min(bytes.length, Math.max(1, Math.floor(bytesPerSecond / 50)));
    if (size === bytes.length) this.#queue.shift();
    else this.#queue[0] = { ...piece, bytes: bytes.subarray(size) };
    if (bytesPerSecond !== Infinity)
      this.#nextAt = Math.max(this.#nextAt, now - 20) + (size * 1_000) / bytesPerSecond;
    this.#waiting -= size;
    if (this.#waiting <= HIGH_WATER && this.from.isPaused()) this.from.resume();
    this.#blocked = !this.to.write(bytes.subarray(0, size));
  }
}
