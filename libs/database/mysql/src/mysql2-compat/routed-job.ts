/* oxlint-disable no-underscore-dangle -- mysql2's own, which its pool works with */
import type { SqlNode } from '@nest-pooling/sql';
import type { PinnedJob } from '@nest-pooling/sql/faces';
import { commandOf, insides, type Command, type Told } from './insides.js';
import type { RawSession } from './raw-session.js';
import { HARMLESS, UNKNOWN, type StatementKind } from './statement-kind.js';
import { tell } from './watch.js';

/** Something that waits to be sent. */
export interface Job extends PinnedJob<RawSession> {
  readonly kind: StatementKind;
}

/**
 * A statement. Its caller has a command of mysql2 in his hands that is never sent itself: what is sent, and maybe sent once more elsewhere, is a copy
 * that tells him what it hears.
 */
export class StatementJob implements Job {
  readonly tried: SqlNode[] = [];
  /** Its reader may take his time between the rows. */
  readonly #streams: boolean;
  #begun = false;
  #over = false;

  constructor(
    readonly order: number,
    public kind: StatementKind,
    private readonly command: Command,
    private readonly way: 'query' | 'execute',
  ) {
    this.#streams = command.onResult === undefined;
  }

  send(raw: RawSession, again: (error: unknown) => boolean): void {
    const { command } = this;
    raw.note(this.kind.profile, this.#streams);
    let left = false;
    let failing = false;
    const failed: Told = (error) => {
      // What is said of a loss may end the session, which tells it once more.
      if (failing) return;
      failing = true;
      left = !this.#begun && again(error);
      if (left) return;
      this.#told(error);
      // mysql2 says nothing more on a connection that is gone.
      if ((error as { fatal?: boolean }).fatal) this.#end();
    };
    const told: Told = (error, rows, fields) => {
      if (error) failed(error);
      else if (!left) this.#told(null, rows, fields);
    };
    const gathers = typeof command.onResult === 'function';
    try {
      const sent = this.#start(raw, gathers ? told : undefined);
      command._connection = raw.connection;
      sent.on('fields', (...args: unknown[]) => {
        this.#begun = true;
        command.emit('fields', ...args);
      });
      sent.on('result', (...args: unknown[]) => command.emit('result', ...args));
      if (!gathers) sent.on('error', failed);
      sent.on('end', () => left || this.#end());
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    tell(this.command, error);
  }

  writes(): void {
    const { profile } = this.kind;
    if (profile !== undefined) profile.pace.writes = true;
    this.kind = { ...this.kind, reads: false };
  }

  #start(raw: RawSession, told: Told | undefined): Command {
    const { sql, values, namedPlaceholders, _queryOptions } = this.command;
    const named = namedPlaceholders === undefined ? {} : { namedPlaceholders };
    const options = { ..._queryOptions, sql, values, ...named };
    const connection = insides(raw.connection);
    return this.way === 'execute'
      ? connection.execute(options, undefined, told)
      : connection.query(commandOf(options, undefined, told, raw.connection.config));
  }

  #told(error: unknown, rows?: unknown, fields?: unknown): void {
    const { command } = this;
    if (command.onResult !== undefined) command.onResult(error, rows, fields);
    else if (command.listenerCount('error') > 0) command.emit('error', error);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.command.emit('end');
  }
}

/** A command of mysql2 that is no statement. */
export class CommandJob implements Job {
  readonly tried: SqlNode[] = [];
  readonly kind: StatementKind;

  constructor(
    readonly order: number,
    private readonly command: Command,
  ) {
    this.kind = command.constructor.name === 'Ping' ? HARMLESS : UNKNOWN;
  }

  send(raw: RawSession): void {
    raw.note(this.kind.profile, false);
    insides(raw.connection).addCommand(this.command);
  }

  fail(error: unknown): void {
    tell(this.command, error);
  }

  writes(): void {}
}
