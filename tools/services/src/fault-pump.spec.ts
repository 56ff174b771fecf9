import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startFaultProxy } from './fault-proxy.js';
import { until } from './wait.js';

describe('a pump', () => {
  const sockets = new Set<Socket>();
  let server: Server | undefined;

  const listen = async (serve: (socket: Socket) => void) => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      serve(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return startFaultProxy({ target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } });
  };

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server?.close(resolve));
  });

  it('holds a sender up when the receiver does not read', async () => {
    await using proxy = await listen((socket) => socket.pause());
    const client = connect(proxy.port, proxy.host);
    sockets.add(client.on('error', () => undefined));
    const chunk = Buffer.alloc(1024 * 1024);
    const total = 256;
    let taken = 0;
    const write = () => {
      while (taken < total) {
        taken += 1;
        if (!client.write(chunk)) break;
      }
    };
    client.on('drain', write);
    write();
    let last = -1;
    const stalls = () => {
      const same = last === taken;
      last = taken;
      return same;
    };
    await until(stalls, { timeoutMs: 20_000, what: 'it stalled', everyMs: 300 });
    expect(taken).toBeLessThan(total);
  });

  it('carries a lot, whole and in order, through latency and a slow reader', async () => {
    const length = 3 * 1024 * 1024;
    const sent = Buffer.from(Uint32Array.from({ length: length / 4 }, (_, n) => n).buffer);
    const received: Buffer[] = [];
    let done = false;
    await using proxy = await listen((socket) => {
      socket.on('data', (chunk: Buffer) => {
        received.push(chunk);
        socket.pause();
        setImmediate(() => socket.resume());
      });
      socket.on('end', () => (done = true));
    });
    proxy.latency(5, 5);
    const client = connect(proxy.port, proxy.host);
    sockets.add(client.on('error', () => undefined));
    client.end(sent);
    await until(() => done, { timeoutMs: 30_000, what: 'the end came' });
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  }, 60_000);
});
