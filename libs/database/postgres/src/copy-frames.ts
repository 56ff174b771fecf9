/** Pieces are gathered up to this size: a message for each row would cost more than the row. */
const FRAME_BYTES = 65_536;
/** Code and length of a message. */
const HEADER_BYTES = 5;
const COPY_DATA = 0x64;

/** Ends the data. */
export const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/** Refuses the rest of the data; the server answers with an error. The text ends up in its log. */
export function copyFail(text: string): Buffer {
  const length = Buffer.byteLength(text) + 1;
  const message = Buffer.alloc(length + HEADER_BYTES);
  message[0] = 0x66;
  message.writeUInt32BE(length + 4, 1);
  message.write(text, HEADER_BYTES);
  return message;
}

/** Gathers pieces of data to messages. Pieces are copied: their owner may do with them what he likes. */
export class CopyFrames {
  #frame = Buffer.allocUnsafeSlow(FRAME_BYTES);
  #end = HEADER_BYTES;

  /** Adds a piece; answers a message that is full, if there is one now. */
  add(piece: string | Uint8Array): Buffer | undefined {
    if (typeof piece === 'string') {
      // Three bytes are the most that a code unit takes.
      if (piece.length * 3 > FRAME_BYTES - this.#end) return this.#large(Buffer.from(piece));
      this.#end += this.#frame.write(piece, this.#end);
    } else {
      if (piece.length > FRAME_BYTES - this.#end) return this.#large(piece);
      this.#frame.set(piece, this.#end);
      this.#end += piece.length;
    }
    return undefined;
  }

  /** What was gathered since the last message; `undefined` when that is nothing. */
  take(): Buffer | undefined {
    if (this.#end === HEADER_BYTES) return undefined;
    const message = finished(this.#frame, this.#end);
    this.#frame = Buffer.allocUnsafeSlow(FRAME_BYTES);
    this.#end = HEADER_BYTES;
    return message;
  }

  #large(piece: Uint8Array): Buffer {
    const message = Buffer.allocUnsafeSlow(this.#end + piece.length);
    this.#frame.copy(message, 0, 0, this.#end);
    message.set(piece, this.#end);
    this.#end = HEADER_BYTES;
    return finished(message, message.length);
  }
}

function finished(message: Buffer, end: number): Buffer {
  message[0] = COPY_DATA;
  message.writeUInt32BE(end - 1, 1);
  return message.subarray(0, end);
}
