/** One piece of a COPY's data: texts are sent as UTF-8. Where pieces begin and end does not matter. */
export type CopyPiece = string | Uint8Array;

/** Where the data of a COPY comes from: a stream of Node, a generator, an array, or the data itself. */
export type CopySource = AsyncIterable<CopyPiece> | Iterable<CopyPiece> | CopyPiece;

type Pieces = AsyncIterator<CopyPiece> | Iterator<CopyPiece>;

/** Reads a source, and ends it in every case, whether it was begun or not. */
export class SourceReader {
  readonly #source: AsyncIterable<CopyPiece> | Iterable<CopyPiece>;
  #pieces: Pieces | undefined;
  /** Called when nobody wants anything more, although the source had more. */
  onEnd: (() => void) | undefined;
  #done = false;
  #ended = false;

  constructor(source: CopySource) {
    // Taken by its characters or bytes it would be a surprise.
    const whole = typeof source === 'string' || source instanceof Uint8Array;
    this.#source = whole ? [source] : source;
  }

  /** Nobody wants anything more: an end of the source means nothing now. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next piece, or `undefined` at the end. Rejects with what the source throws. */
  async next(): Promise<CopyPiece | undefined> {
    const next = await (this.#pieces ??= this.#begin()).next();
    if (next.done === true) {
      this.#done = true;
      return undefined;
    }
    const piece: unknown = next.value;
    if (typeof piece === 'string' || piece instanceof Uint8Array) return piece;
    throw new TypeError(`a piece of a COPY's data must be a string or bytes (got ${typeof piece})`);
  }

  /** Ends the source, unless it has ended by itself. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#done) return;
    this.onEnd?.();
    const { destroy } = this.#source as { destroy?: unknown };
    // A stream that nobody has begun to read hears nothing by its iterator.
    if (typeof destroy === 'function') (this.#source as unknown as { destroy(): void }).destroy();
    // One that waits for something itself ends when that comes; nobody waits for it here.
    else void this.#return();
  }

  #begin(): Pieces {
    const source = this.#source;
    return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  async #return(): Promise<void> {
    try {
      await (this.#pieces ?? this.#begin()).return?.();
    } catch {
      // The error that led here is the one that matters.
    }
  }
}
