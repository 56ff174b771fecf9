import type { ModelServer } from './model-server.js';

/** Which ways between a client and a server are cut: what is sent there lies still until they are whole again. */
export interface Ways {
  /** From the client to the server. */
  readonly there: boolean;
  /** From the server to the client. */
  readonly back: boolean;
}

/** A session, as far as its ways are concerned. */
interface Connected {
  readonly client: string | undefined;
  readonly node: string;
  hold(ways: Ways): void;
}

const WHOLE: Ways = { there: false, back: false };

/** The ways between clients and servers. */
export class ModelNetwork {
  readonly #cuts = new Map<string, Ways>();
  /** Sessions of which one side at least has not heard the end. */
  readonly #sessions = new Set<Connected>();

  /** The ways between a client and a server now. */
  ways(client: string | undefined, server: ModelServer): Ways {
    return this.#cuts.get(`${client} ${server.id}`) ?? WHOLE;
  }

  /** Nothing gets through: no session can be opened either. */
  isCut(client: string | undefined, server: ModelServer): boolean {
    const { there, back } = this.ways(client, server);
    return there || back;
  }

  /** Cuts ways, or mends them. */
  set(client: string, server: ModelServer, ways: Ways): void {
    this.#cuts.set(`${client} ${server.id}`, ways);
    for (const session of this.#sessions)
      if (session.client === client && session.node === server.id) session.hold(ways);
  }

  /** A session begins. */
  add(session: Connected): void {
    this.#sessions.add(session);
  }

  /** Both sides know that it is over. */
  remove(session: Connected): void {
    this.#sessions.delete(session);
  }
}
