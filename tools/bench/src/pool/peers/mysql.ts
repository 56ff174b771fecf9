import type { Socket } from 'node:net';
import { createPool, type Pool } from 'mysql2/promise';
import { MAX, type Contender, type Todo } from '../contender.js';
import { fakeServer, type FakeServer } from './fake-server.js';

/** Its clients shake hands with a server in this process once, and then rest. */
export class Mysql implements Contender {
  readonly name = 'mysql2';
  readonly options =
    `its promise pool, connectionLimit ${MAX}, ` +
    'clients of a server in this process that only shakes hands; has no min, no acquire timeout, no counters';
  #server!: FakeServer;
  #pool!: Pool;

  async open(): Promise<void> {
    this.#server = await fakeServer(shakeHands);
    this.#pool = createPool({ host: '127.0.0.1', port: this.#server.port, connectionLimit: MAX });
  }

  async alone(n: number): Promise<void> {
    const pool = this.#pool;
    for (let i = 0; i < n; i++) (await pool.getConnection()).release();
  }

  async work(todo: Todo): Promise<void> {
    const pool = this.#pool;
    while (todo.take()) {
      const connection = await pool.getConnection();
      await Promise.resolve();
      connection.release();
    }
  }

  async hold(body: () => Promise<void>): Promise<void> {
    const connection = await this.#pool.getConnection();
    await body();
    connection.release();
  }

  async close(): Promise<void> {
    await this.#pool.end();
    await this.#server.close();
  }
}

/** Protocol 4.1, secure connection, authentication by plugin: what the client insists on. */
const CAPABILITIES = 0x00080200 | 0x8000;
const UTF8MB4 = 45;
const AUTOCOMMIT = 2;
const QUIT = 1;

/** Greets, is content with every answer, and hangs up when asked to. */
function shakeHands(socket: Socket): void {
  const low = [CAPABILITIES & 0xff, (CAPABILITIES >> 8) & 0xff];
  const high = [(CAPABILITIES >> 16) & 0xff, (CAPABILITIES >> 24) & 0xff];
  const salt = Buffer.alloc(20, 'x');
  const greeting = Buffer.concat([
    Buffer.from('\x0a8.0.0\0'),
    Buffer.from([1, 0, 0, 0]),
    salt.subarray(0, 8),
    Buffer.from([0, ...low, UTF8MB4, AUTOCOMMIT, 0, ...high, salt.length + 1]),
    Buffer.alloc(10),
    salt.subarray(8),
    Buffer.from('\0mysql_native_password\0'),
  ]);
  socket.write(packet(0, greeting));
  socket.on('data', (chunk) => {
    if (chunk[4] === QUIT && chunk.length === 5) socket.end();
    else socket.write(packet(chunk[3]! + 1, Buffer.from([0, 0, 0, AUTOCOMMIT, 0, 0, 0])));
  });
}

/** Three bytes of length, one that numbers the packets of an exchange, the content. */
function packet(number: number, content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(content.length, 0, 3);
  head[3] = number;
  return Buffer.concat([head, content]);
}
