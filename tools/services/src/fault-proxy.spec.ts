import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';
import { until } from './wait.js';

/** An upstream that answers every byte by itself and ends when the client does. */
async function echo(greeting = ''): Promise<{ server: Server; port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (greeting !== '') socket.write(greeting);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, sockets };
}

interface Client {
  readonly socket: Socket;
  readonly received: () => Buffer;
  readonly failure: () => string | undefined;
  readonly closed: () => boolean;
}

function client(port: number): Client {
  const chunks: Buffer[] = [];
  let failure: string | undefined;
  let closed = false;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', (error: NodeJS.ErrnoException) => (failure = error.code));
  socket.on('close', () => (closed = true));
  return { socket, received: () => Buffer.concat(chunks), failure: () => failure, closed: () => closed };
}

const soon = (look: () => unknown, what: string) => until(() => Boolean(look()), { timeoutMs: 20_000, what });

describe('FaultProxy', () => {
  let upstream: Awaited<ReturnType<typeof echo>>;
  let proxy: FaultProxy;
  const clients: Client[] = [];
  const dial = (): Client => {
    const one = client(proxy.port);
    clients.push(one);
    return one;
  };
  const says = (one: Client, text: string) =>
    soon(() => one.received().toString().endsWith(text), `"${text}" came`);

  beforeEach(async () => {
    upstream = await echo();
    proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: upstream.port } });
  });

  afterEach(async () => {
    for (const one of clients.splice(0)) one.socket.destroy();
    await proxy.stop();
    for (const socket of upstream.sockets) socket.destroy();
    if (upstream.server.listening) await new Promise((resolve) => upstream.server.close(resolve));
  });

  it('carries bytes both ways and counts connections', async () => {
    const [a, b] = [dial(), dial()];
    a.socket.write('hello');
    b.socket.write('there');
    await Promise.all([says(a, 'hello'), says(b, 'there')]);
    expect(proxy.connections).toBe(2);
    a.socket.end();
    await soon(a.closed, 'the first was closed');
    await soon(() => proxy.connections === 1, 'one was left');
    expect(a.failure()).toBeUndefined();
  });

  it('respects half-close: what was said before the end still arrives, also under latency', async () => {
    proxy.latency(50, 20);
    const one = dial();
    one.socket.end('last words');
    await soon(one.closed, 'the socket was closed');
    expect(one.received().toString()).toBe('last words');
    expect(one.failure()).toBeUndefined();
    await soon(() => proxy.connections === 0 && upstream.sockets.size === 0, 'all was closed');
  });

  it('delays bytes and keeps their order under jitter', async () => {
    proxy.latency(40, 40);
    const one = dial();
    await once(one.socket, 'connect');
    const before = performance.now();
    let sent = '';
    for (let n = 0; n < 200; n += 1) {
      one.socket.write(`${n};`);
      sent += `${n};`;
      // Separate pieces, not one.
      // eslint-disable-next-line no-await-in-loop
      if (n % 20 === 0) await sleep(1);
    }
    await soon(() => one.received().length >= sent.length, 'everything came');
    expect(one.received().toString()).toBe(sent);
    expect(performance.now() - before).toBeGreaterThanOrEqual(79);
  });

  it('lets what waits go when the latency goes', async () => {
    proxy.latency(3_600_000);
    const one = dial();
    one.socket.write('patience');
    await soon(() => proxy.connections === 1, 'it was connected');
    await sleep(20);
    expect(one.received()).toHaveLength(0);
    await proxy.pass();
    await says(one, 'patience');
  });

  it('limits the rate', async () => {
    proxy.rate(20_000);
    const one = dial();
    const before = performance.now();
    one.socket.write(Buffer.alloc(6_000, 'x'));
    await soon(() => one.received().length === 6_000, 'everything came');
    // 300 ms of bytes, less the first instalment.
    expect(performance.now() - before).toBeGreaterThan(200);
  });

  it('swallows in a black hole, keeps connections open, and resets them when it passes again', async () => {
    const old = dial();
    old.socket.write('before');
    await says(old, 'before');
    await proxy.blackhole();
    const fresh = dial();
    await once(fresh.socket, 'connect');
    old.socket.write('lost');
    fresh.socket.write('lost');
    fresh.socket.end();
    await sleep(60);
    expect(old.received().toString()).toBe('before');
    expect([old.closed(), fresh.closed(), proxy.connections]).toEqual([false, false, 2]);
    await proxy.pass();
    await Promise.all([soon(old.closed, 'the old was closed'), soon(fresh.closed, 'the new was closed')]);
    expect(old.failure()).toBe('ECONNRESET');
    await soon(() => proxy.connections === 0, 'none was left');
    const next = dial();
    next.socket.write('works');
    await says(next, 'works');
  });

  it('resets open and new connections until it passes', async () => {
    const old = dial();
    old.socket.write('x');
    await says(old, 'x');
    await proxy.reset();
    await soon(old.closed, 'the old was closed');
    expect(old.failure()).toBe('ECONNRESET');
    const fresh = dial();
    fresh.socket.write('x');
    await soon(fresh.closed, 'the new was closed');
    expect(['ECONNRESET', 'EPIPE']).toContain(fresh.failure());
    await soon(() => upstream.sockets.size === 0, 'the upstream knew');
    await proxy.pass();
    const next = dial();
    next.socket.write('works');
    await says(next, 'works');
  });

  it('refuses, and listens on the same port again', async () => {
    const { port } = proxy;
    const old = dial();
    old.socket.write('x');
    await says(old, 'x');
    await proxy.refuse();
    expect(proxy.connections).toBe(0);
    const fresh = dial();
    await soon(fresh.closed, 'the new was closed');
    expect(fresh.failure()).toBe('ECONNREFUSED');
    await proxy.pass();
    expect(proxy.port).toBe(port);
    const next = dial();
    next.socket.write('works');
    await says(next, 'works');
  });

  it('resets a client whose upstream cannot be reached, and follows a new target', async () => {
    const dead = await echo();
    await new Promise((resolve) => dead.server.close(resolve));
    proxy.retarget('127.0.0.1', dead.port);
    const one = dial();
    await soon(one.closed, 'it was closed');
    expect(one.failure()).toBe('ECONNRESET');
    proxy.retarget('127.0.0.1', upstream.port);
    const two = dial();
    two.socket.write('works');
    await says(two, 'works');
  });

  it('refuses wrong numbers and work after its end', async () => {
    expect(() => proxy.latency(-1)).toThrow('latency: must be milliseconds from 0 up (got -1)');
    expect(() => proxy.rate(0)).toThrow('rate: must be bytes per second');
    expect(() => proxy.retarget('', 1)).toThrow('target.host');
    await expect(startFaultProxy({ target: { host: 'x', port: 0 } })).rejects.toMatchObject({
      code: 'SERVICES_OPTIONS',
    });
    await proxy.stop();
    await proxy.stop();
    await expect(proxy.pass()).rejects.toMatchObject({ code: 'SERVICES_STATE' });
  });
});
