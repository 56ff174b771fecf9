import type { Duplex } from 'node:stream';
import { systemEnv } from '@nest-pooling/core';
import type { StatementReceiver } from '@nest-pooling/sql';
import { alone } from './alone.js';
import { COPY_DONE, copyFail, CopyFrames } from './copy-frames.js';
import type { SourceReader } from './copy-source.js';
import { SessionLostError } from './errors.js';
import type { Wire } from './wire.js';
import { WireQuery, type QueryOwner } from './wire-query.js';

/** Who is waited for at the moment. */
export interface Traffic {
  /** The server. */
  busy(): void;
  /** The application. */
  idle(): void;
}

/** How a COPY has ended: with a number of rows, or because its source failed. */
export type CopyInEnd = { readonly rowCount: number } | { readonly failure: unknown };

/** A COPY FROM STDIN: tells when the server is ready for its data. */
class CopyInQuery extends WireQuery {
  constructor(
    owner: QueryOwner,
    text: string,
    receiver: StatementReceiver,
    private readonly begin: () => void,
  ) {
    super(owner, { text }, receiver);
  }

  override handleCopyInResponse(): void {
    this.begin();
  }
}

/**
 * Runs a COPY FROM STDIN that has the connection for itself. The source is read only as fast as the server takes the data, and
 * not at all before the server has agreed; it is ended when the COPY has.
 */
export async function copyIn(
  wire: Wire,
  text: string,
  source: SourceReader,
  traffic: Traffic,
): Promise<CopyInEnd> {
  const pump = new Pump(wire.client.connection.stream, source, traffic);
  try {
    const begin = (): void => void pump.run();
    const { rowCount } = await alone(wire, (receiver) => new CopyInQuery(wire, text, receiver, begin));
    return { rowCount: rowCount ?? 0 };
  } catch (error) {
    // What the server says is only what it was told.
    if (pump.failed && !(error instanceof SessionLostError)) return { failure: pump.failure };
    throw error;
  } finally {
    pump.stop();
  }
}

/** Moves the data from the source to the socket. */
class Pump {
  failed = false;
  failure: unknown = undefined;
  readonly #frames = new CopyFrames();
  /** The server waits for data. */
  #running = false;
  #wake: (() => void) | undefined;

  constructor(
    private readonly socket: Duplex,
    private readonly source: SourceReader,
    private readonly traffic: Traffic,
  ) {
    source.onEnd = () => this.#giveUp();
  }

  /** Settles when all was sent, or the source was ended from outside; what went wrong was told to the server. */
  async run(): Promise<void> {
    const { source, socket, traffic } = this;
    this.#running = true;
    try {
      for (;;) {
        traffic.idle();
        const piece = await source.next();
        if (source.ended) return;
        traffic.busy();
        const message = piece === undefined ? this.#frames.take() : this.#frames.add(piece);
        // Even a socket that takes everything at once is left alone for a moment: a source without waits of its own would
        // keep the whole process from everything else, and this from hearing the server.
        if (message !== undefined) await (socket.write(message) ? aMoment() : this.#drain().then(aMoment));
        if (source.ended) return;
        if (piece === undefined) break;
      }
      this.#running = false;
      socket.write(COPY_DONE);
    } catch (error) {
      if (source.ended) return;
      this.failed = true;
      this.failure = error;
      traffic.busy();
      this.#fail('the source of the data failed');
    }
  }

  /** The server has ended it: nothing is sent any more. */
  stop(): void {
    this.#running = false;
    this.source.end();
    this.#wake?.();
  }

  /** The caller has given up. While it waits for data the server hears no cancel. */
  #giveUp(): void {
    this.traffic.busy();
    this.#fail('the caller has given up');
    this.#wake?.();
  }

  #fail(why: string): void {
    if (this.#running) this.socket.write(copyFail(why));
    this.#running = false;
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake = undefined;
        this.socket.off('drain', wake);
        resolve();
      };
      this.#wake = wake;
      this.socket.once('drain', wake);
    });
  }
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => systemEnv.scheduler.afterIo(resolve));
}
