import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A server in this process that only lets clients in. */
export interface FakeServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a port of this machine; `greet` is called with every connection. */
export async function fakeServer(greet: (socket: Socket) => void): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // The clients hang up when their pool is closed; how they do it is nothing that we measure.
    socket.on('error', () => {});
    greet(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
