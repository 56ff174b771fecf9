/** A piece of memory that messages are written to, one behind the other; a new one is taken when it is full. */
const SLAB_BYTES = 32_768;
const NONE = Buffer.alloc(0);
/** The bytes of longer texts are counted, those of shorter ones are three for each character at the most. */
const SHORT = 4_096;

/** Execute the unnamed portal to its end; Sync. */
const EXECUTE_AND_SYNC = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4]);
/** Describe the unnamed portal, then the same. */
const DESCRIBE_EXECUTE_AND_SYNC = Buffer.from([0x44, 0, 0, 0, 6, 0x50, 0, ...EXECUTE_AND_SYNC]);

/**
 * The messages of a connection that are not sent yet, in one piece of memory: a statement costs no buffer of its own, and
 * however many statements there are, they leave in one write. pg writes four small buffers for each.
 *
 * The bytes that {@link Outbox.take} has given away are never touched again, so that the socket may send them when it likes.
 */
export class Outbox {
  #slab = NONE;
  #begin = 0;
  #end = 0;

  /** Whether there is nothing to send. */
  get empty(): boolean {
    return this.#begin === this.#end;
  }

  /** What was written since the last time. */
  take(): Buffer {
    const bytes = this.#slab.subarray(this.#begin, this.#end);
    // What one large value has taken is not held for as long as the connection lives.
    if (this.#slab.length > SLAB_BYTES) {
      this.#slab = NONE;
      this.#end = 0;
    }
    this.#begin = this.#end;
    return bytes;
  }

  /** A text of one or more statements, to be run without parameters (the simple protocol). */
  query(text: string): void {
    const length = this.#open(0x51, bytesOf(text) + 1);
    this.#text(text);
    this.#close(length);
  }

  /** Prepares a statement; the empty name is overwritten by the next one. */
  parse(name: string, text: string): void {
    const length = this.#open(0x50, bytesOf(name) + bytesOf(text) + 4);
    this.#text(name);
    this.#text(text);
    // No types: the server infers them.
    this.#int16(0);
    this.#close(length);
  }

  /** Opens a portal on a prepared statement. Values are texts, or Buffers, which go as they are; results come as texts. */
  bind(portal: string, statement: string, values: readonly unknown[] | undefined): void {
    const length = this.#open(0x42, (portal.length + statement.length) * 3 + 2);
    this.#text(portal);
    this.#text(statement);
    if (values === undefined) this.#formats(NO_VALUES);
    else this.#formats(values);
    this.#room(2);
    this.#int16(0);
    this.#close(length);
  }

  /** Runs the unnamed portal to its end. `describe` asks for the columns first. */
  execute(describe: boolean): void {
    const bytes = describe ? DESCRIBE_EXECUTE_AND_SYNC : EXECUTE_AND_SYNC;
    this.#room(bytes.length);
    this.#slab.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Describes a portal and gives up to `rows` of its rows. */
  page(portal: string, rows: number): void {
    this.#named(0x44, 0x50, portal);
    const length = this.#open(0x45, portal.length * 3 + 5);
    this.#text(portal);
    this.#int32(rows);
    this.#close(length);
  }

  /** Forgets a prepared statement; one that does not exist is no error. */
  closeStatement(name: string): void {
    this.#named(0x43, 0x53, name);
  }

  /** Closes a portal. */
  closePortal(name: string): void {
    this.#named(0x43, 0x50, name);
  }

  /** Ends a group of messages: the server answers that it is ready. */
  sync(): void {
    this.#close(this.#open(0x53, 0));
  }

  #named(code: number, kind: number, name: string): void {
    const length = this.#open(code, name.length * 3 + 2);
    this.#slab[this.#end++] = kind;
    this.#text(name);
    this.#close(length);
  }

  #formats(values: readonly unknown[]): void {
    const count = values.length;
    this.#room(4 + 2 * count);
    if (values.some((value) => Buffer.isBuffer(value))) {
      this.#int16(count);
      for (const value of values) this.#int16(Buffer.isBuffer(value) ? 1 : 0);
    } else this.#int16(0);
    this.#int16(count);
    for (let at = 0; at < count; at++) this.#value(values[at]);
  }

  #value(value: unknown): void {
    if (value === null || value === undefined) {
      this.#room(4);
      this.#int32(-1);
    } else if (Buffer.isBuffer(value)) {
      this.#room(4 + value.length);
      this.#int32(value.length);
      this.#slab.set(value, this.#end);
      this.#end += value.length;
    } else {
      // oxlint-disable-next-line typescript/no-base-to-string -- prepared values are plain, see parameters.ts
      const text = typeof value === 'string' ? value : String(value);
      this.#room(4 + bytesOf(text));
      const at = this.#end;
      this.#end += 4;
      const written = this.#slab.write(text, this.#end);
      this.#slab.writeInt32BE(written, at);
      this.#end += written;
    }
  }

  /** Begins a message whose body takes `room` bytes at the most, as far as it is known; answers where its length stands. */
  #open(code: number, room: number): number {
    this.#room(room + 5);
    this.#slab[this.#end] = code;
    this.#end += 5;
    // Relative to what is not sent yet: the slab may change before the message is complete.
    return this.#end - 4 - this.#begin;
  }

  #close(length: number): void {
    const at = this.#begin + length;
    this.#slab.writeInt32BE(this.#end - at, at);
  }

  #text(text: string): void {
    this.#end += this.#slab.write(text, this.#end);
    this.#slab[this.#end++] = 0;
  }

  #int16(value: number): void {
    this.#end = this.#slab.writeUInt16BE(value, this.#end);
  }

  #int32(value: number): void {
    this.#end = this.#slab.writeInt32BE(value, this.#end);
  }

  #room(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return;
    const waiting = this.#end - this.#begin;
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * waiting + bytes));
    this.#slab.copy(slab, 0, this.#begin, this.#end);
    this.#slab = slab;
    this.#begin = 0;
    this.#end = waiting;
  }
}

const NO_VALUES: readonly unknown[] = [];

/** How much room a text takes, at the most. */
function bytesOf(text: string): number {
  return text.length <= SHORT ? text.length * 3 : Buffer.byteLength(text);
}
