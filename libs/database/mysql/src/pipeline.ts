import type { Env } from '@nest-pooling/core';
import type { Statement, StatementReceiver } from '@nest-pooling/sql';
import type { Answer, RawConnection, Rows } from './connection.js';
import { ParametersError } from './errors.js';
import { isServerError } from './fault.js';
import { keepRows } from './keep-rows.js';
import { isStale } from './meanings.js';
import { hideOdd } from './odd-columns.js';
import { checkCount, wireValues } from './parameters.js';
import type { Tracked } from './tracked.js';
import { escapable, type Unpreparable } from './unpreparable.js';
import { verbOf } from './verb.js';
import type { Wire } from './wire.js';

/** A command of mysql2: what it sends, and what it makes of the answer. */
interface Command extends Rows {
  next: unknown;
  readonly _executeOptions?: { rowsAsArray?: boolean };
  start(packet: undefined, connection: object): unknown;
  execute(packet: unknown, connection: Sequenced): boolean;
}

interface Sequenced {
  sequenceId: number;
}

interface WirePacket {
  readonly buffer: Buffer;
  length(): number;
  writeHeader(sequenceId: number): void;
}

/** What does not fit into one packet cannot be sent ahead. */
const LARGEST_PACKET = 16_777_215;

/** mysql2 begins a command when the one before has ended. This one has begun already: there is only its answer to wait for. */
function executeBegun(this: Command, packet: unknown, connection: Sequenced): boolean {
  if (packet === undefined) {
    connection.sequenceId = 1;
    return false;
  }
  return (Object.getPrototypeOf(this) as Command).execute.call(this, packet, connection);
}

/**
 * Sends statements without waiting for the answer to the one before. The server runs them one after the other, in that order, and each
 * fails for itself. What leaves in one turn of the event loop leaves in one write: a write costs more than all else that a statement needs here.
 */
export class Pipeline {
  /** Stands for the connection while a command begins: it catches the command, and what it writes. */
  readonly #catcher: RawConnection;
  #caught: Command | undefined;
  #outbox: Buffer[] = [];
  #planned = false;
  /** Statements that came behind one that has to be prepared first. */
  #held: [Statement, StatementReceiver][] | undefined;
  readonly #flush = (): void => {
    this.#planned = false;
    const buffers = this.#outbox;
    this.#outbox = [];
    if (buffers.length > 0)
      this.wire.connection.write(buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers));
  };

  constructor(
    private readonly node: string,
    private readonly env: Env,
    private readonly wire: Wire,
    private readonly unpreparable: Unpreparable,
  ) {
    this.#catcher = Object.assign(Object.create(wire.connection) as RawConnection, {
      addCommand: (command: Command): Command => (this.#caught = command),
      writePacket: (packet: WirePacket): void => {
        if (packet.length() >= LARGEST_PACKET) {
          throw new ParametersError(
            node,
            'a statement of 16 MB or more cannot share a session: give it multiplex: false.',
          );
        }
        packet.writeHeader(0);
        this.#outbox.push(packet.buffer);
      },
    });
  }

  submit(statement: Statement, receiver: StatementReceiver): void {
    if (this.#held !== undefined) {
      this.#held.push([statement, receiver]);
      return;
    }
    try {
      this.#send(statement, receiver, false);
    } catch (error) {
      receiver.failed(error);
    }
  }

  #send(statement: Statement, receiver: StatementReceiver, again: boolean): void {
    const { text, params, name, rowMode, maxRows = Infinity } = statement;
    if ((params === undefined || params.length === 0) && name === undefined) {
      return this.#text(statement, undefined, receiver);
    }
    const values = wireValues(this.node, params ?? []);
    if (this.unpreparable.has(text)) {
      return this.#text(statement, escapable(this.node, this.wire, values), receiver);
    }
    const prepared = this.wire.prepared.find(text);
    if (prepared === undefined) return this.#prepare(statement, receiver);
    checkCount(this.node, prepared.info, values);
    const told = again ? receiver : this.#mended(statement, receiver);
    this.#begin(told, prepared.verb, (answer) => {
      const info = Object.create(prepared.info, {
        _connection: { value: this.#catcher },
      }) as typeof prepared.info;
      info.execute(values, answer);
      // oxlint-disable-next-line no-underscore-dangle -- mysql2's own
      if (rowMode === 'array') this.#caught!._executeOptions!.rowsAsArray = true;
      if (maxRows !== Infinity) keepRows(this.#caught!, maxRows + 1);
    });
  }

  #text(
    { text, rowMode, maxRows = Infinity }: Statement,
    values: readonly unknown[] | undefined,
    receiver: StatementReceiver,
  ): void {
    const plain = values === undefined ? { sql: text } : { sql: text, values };
    const command = rowMode === 'array' ? { ...plain, rowsAsArray: true } : plain;
    this.#begin(receiver, verbOf(text), (answer) => {
      this.#catcher.query(command, answer);
      if (maxRows !== Infinity) keepRows(this.#caught!, maxRows + 1);
    });
  }

  /** One that the server does not know any more was not executed: it is prepared anew, once. */
  #mended(statement: Statement, receiver: StatementReceiver): StatementReceiver {
    return {
      answered: (result) => receiver.answered(result),
      failed: (error) => {
        if (!isServerError(error) || !isStale(error.errno)) return receiver.failed(error);
        this.wire.prepared.drop(statement.text);
        this.submit(statement, receiver);
      },
    };
  }

  /** What comes meanwhile waits: statements run in the order in which they come. */
  #prepare(statement: Statement, receiver: StatementReceiver): void {
    this.#held = [];
    const go = (error?: unknown): void => {
      const held = this.#held ?? [];
      this.#held = undefined;
      if (error === undefined || this.unpreparable.learned(statement.text, error)) {
        try {
          this.#send(statement, receiver, true);
        } catch (failure) {
          receiver.failed(failure);
        }
      } else receiver.failed(error);
      for (const [next, theirs] of held) this.submit(next, theirs);
    };
    const tracked = this.wire.track({ answered: () => go(), failed: go });
    if (tracked === undefined) return;
    this.#run(tracked, () => {
      this.#catcher.prepare(statement.text, (error, info) => {
        if (error) return tracked.failed(error);
        this.wire.prepared.add(statement.text, info!, verbOf(statement.text));
        tracked.answered(undefined as never);
      });
    });
  }

  #begin(receiver: StatementReceiver, verb: string, start: (answer: Answer) => void): void {
    const tracked = this.wire.track(receiver);
    if (tracked === undefined) return;
    this.#run(tracked, () =>
      start(
        this.wire.answer(
          verb,
          (result) => tracked.answered(result),
          (error) => tracked.failed(error),
        ),
      ),
    );
  }

  #run(tracked: Tracked, start: () => void): void {
    try {
      this.#add(start);
    } catch (error) {
      tracked.refused(error);
    }
  }

  #add(start: () => void): void {
    start();
    const command = this.#caught!;
    this.#caught = undefined;
    command.on('fields', hideOdd);
    command.next = command.start(undefined, this.#catcher);
    // mysql2 knew the answer.
    if (command.next === null) return;
    command.execute = executeBegun;
    this.wire.connection.addCommand(command);
    if (this.#planned) return;
    this.#planned = true;
    this.env.scheduler.afterIo(this.#flush);
  }
}
