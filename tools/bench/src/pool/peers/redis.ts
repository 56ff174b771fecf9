import type { Socket } from 'node:net';
import { createClientPool } from '@redis/client';
import { ACQUIRE_TIMEOUT_MS, MAX, type Contender, type Todo } from '../contender.js';
import { fakeServer, type FakeServer } from './fake-server.js';

const work = (): Promise<void> => Promise.resolve();

/** Lends only to a function. Its clients shake hands with a server in this process once, and then rest. */
export class Redis implements Contender {
  readonly name = 'node-redis';
  readonly options =
    `minimum ${MAX} (or it sets a timer at each return), maximum ${MAX}, acquireTimeout ${ACQUIRE_TIMEOUT_MS}, ` +
    'clients of a server in this process that only shakes hands; has no counters';
  #server!: FakeServer;
  #pool!: ReturnType<typeof openPool>;

  async open(): Promise<void> {
    this.#server = await fakeServer(shakeHands);
    this.#pool = openPool(this.#server.port);
    await this.#pool.connect();
  }

  async alone(n: number): Promise<void> {
    const pool = this.#pool;
    for (let i = 0; i < n; i++) await pool.execute(work);
  }

  async work(todo: Todo): Promise<void> {
    const pool = this.#pool;
    while (todo.take()) await pool.execute(work);
  }

  async hold(body: () => Promise<void>): Promise<void> {
    await this.#pool.execute(body);
  }

  async close(): Promise<void> {
    this.#pool.destroy();
    await this.#server.close();
  }
}

function openPool(port: number) {
  const pool = createClientPool(
    { socket: { host: '127.0.0.1', port } },
    { minimum: MAX, maximum: MAX, acquireTimeout: ACQUIRE_TIMEOUT_MS },
  );
  // Without a listener its clients end the process.
  pool.on('error', (error: unknown) => console.error('node-redis', error));
  return pool;
}

/** Answers every command: `HELLO` with a map, as version 3 of the protocol has it, the others with OK. */
function shakeHands(socket: Socket): void {
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1');
    const lines = heard.split('\r\n');
    let at = 0;
    // A command of n words is 1 + 2n lines: how many words, then of each its length and itself.
    for (let next = length(lines[at]); at + next < lines.length; next = length(lines[at])) {
      socket.write(lines[at + 2]?.toUpperCase() === 'HELLO' ? '%0\r\n' : '+OK\r\n');
      at += next;
      if (lines[at] === '') break;
    }
    heard = lines.slice(at).join('\r\n');
  });
}

function length(head: string | undefined): number {
  return 1 + 2 * Number(head?.slice(1));
}
