/* oxlint-disable no-underscore-dangle -- mysql2's own, which its pool works with */
import type { Connection } from 'mysql2';
import { insides, type Command, type Insides } from './insides.js';

/** Hears what a connection does, whoever runs something there. */
export interface Watcher {
  /** The server's status, behind every result. */
  heard(status: number): void;
  /** Everything that it was asked has been answered. May be told twice. */
  quiet(): void;
}

/**
 * Watches a connection that is logged in. By its packets, and not by listeners on its commands: those would cost each of them more
 * than all else that is done here.
 */
export class Watch {
  readonly #inner: Insides;
  /** Commands without a callback: mysql2 forgets them when the connection is lost. */
  readonly #emitting = new Set<Command>();

  constructor(connection: Connection, watcher: Watcher) {
    const inner = insides(connection);
    this.#inner = inner;
    const handle = inner.handlePacket.bind(connection);
    inner.handlePacket = (packet) => {
      const before = inner._command;
      if (packet !== undefined && packet.isEOF()) watcher.heard(packet.eofStatusFlags());
      handle(packet);
      if (inner._command === before) return;
      const header = before?._rows?.at(-1) as { serverStatus?: number } | undefined | null;
      if (typeof header?.serverStatus === 'number') watcher.heard(header.serverStatus);
      if (!inner._command && inner._commands.length === 0) watcher.quiet();
    };
    const add = inner.addCommand.bind(connection);
    inner.addCommand = (command) => {
      if (command.onResult === undefined) {
        this.#emitting.add(command);
        command.once('end', () => this.#emitting.delete(command));
      }
      return add(command);
    };
  }

  /** Tells all that the connection was asked and has not answered that it never will. */
  tellAll(error: Error): void {
    const inner = this.#inner;
    const all = new Set<Command>();
    if (inner._command) all.add(inner._command);
    inner._command = null;
    for (let next = inner._commands.shift(); next !== undefined; next = inner._commands.shift())
      all.add(next);
    for (const command of this.#emitting) all.add(command);
    this.#emitting.clear();
    for (const command of all) tell(command, error);
  }
}

/** Tells a command an error, and that it is over. */
export function tell(command: Command, error: unknown): void {
  // An `error` that nobody hears would end the process.
  if (typeof command.onResult === 'function') command.onResult(error);
  else if (command.listenerCount('error') > 0) command.emit('error', error);
  command.emit('end');
}
