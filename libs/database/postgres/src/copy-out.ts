import type { Duplex } from 'node:stream';
import type { StatementReceiver } from '@nest-pooling/sql';
import { alone } from './alone.js';
import type { Traffic } from './copy-in.js';
import type { Wire } from './wire.js';
import { WireQuery, type QueryOwner } from './wire-query.js';

/** What the reader has not taken yet is no more than this and one read of the socket; then the server has to wait. */
const MOST_BYTES = 262_144;

/** A COPY TO STDOUT. */
class CopyOutQuery extends WireQuery {
  constructor(
    owner: QueryOwner,
    text: string,
    receiver: StatementReceiver,
    private readonly reader: CopyReader,
  ) {
    super(owner, { text }, receiver);
  }

  override handleCopyData(message?: { readonly chunk: Buffer }): void {
    this.reader.add(message!.chunk);
  }
}

/** Runs a COPY TO STDOUT that has the connection for itself; the data goes to `reader`. */
export async function copyOut(wire: Wire, text: string, reader: CopyReader, traffic: Traffic): Promise<void> {
  const { stream } = wire.client.connection;
  reader.attach(stream, traffic);
  try {
    await alone(wire, (receiver) => new CopyOutQuery(wire, text, receiver, reader));
  } finally {
    reader.detach();
  }
}

/**
 * The data of a COPY on its way to whoever reads it. The server sends a message for each row: what comes with one read of the
 * socket is handed on as one piece. A reader that is slower than the server makes it wait.
 */
export class CopyReader {
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  /** Came with the present read of the socket; the memory is the parser's, who uses it again. */
  #fresh: Buffer[] = [];
  #socket: Duplex | undefined;
  #traffic: Traffic | undefined;
  #paused = false;
  #discards = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  readonly #flush = (): void => {
    if (this.#fresh.length === 0) return;
    const piece = Buffer.concat(this.#fresh);
    this.#fresh = [];
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    this.#wake?.();
    if (this.#bytes < MOST_BYTES || this.#paused) return;
    this.#paused = true;
    this.#socket?.pause();
    this.#traffic?.idle();
  };

  /** It was told an error. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** What the server sends comes from this socket. */
  attach(socket: Duplex, traffic: Traffic): void {
    this.#socket = socket;
    this.#traffic = traffic;
    // After pg's own listener, which makes messages of what was read.
    socket.on('data', this.#flush);
  }

  /** No more will come from there. */
  detach(): void {
    this.#flush();
    this.#socket?.off('data', this.#flush);
    this.#resume();
    this.#socket = undefined;
    this.#traffic = undefined;
  }

  add(chunk: Buffer): void {
    if (!this.#discards) this.#fresh.push(chunk);
  }

  /** All has come. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** It failed: whoever reads is told at once, without what came before; what still comes is dropped. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.discard();
    this.#wake?.();
  }

  /** Nobody reads any more. */
  discard(): void {
    this.#discards = true;
    this.#fresh = [];
    this.#pieces.length = 0;
    this.#bytes = 0;
    this.#resume();
  }

  /** The pieces, until the end. */
  async *read(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#bytes -= piece.length;
        if (this.#bytes < MOST_BYTES / 2) this.#resume();
        yield piece;
      } else if (this.#ended) return;
      else {
        // oxlint-disable-next-line no-await-in-loop
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
      }
    }
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#traffic?.busy();
    this.#socket?.resume();
  }
}
