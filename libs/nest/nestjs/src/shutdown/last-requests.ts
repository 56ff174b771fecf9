import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { containerEnv, registrationsOf } from '../module/registration.js';
import { PoolDirectory } from '../registry/pool-directory.js';

/** What is used of a server of Node; one of a test may have nothing of it. */
interface HttpServer {
  keepAliveTimeout?: number;
  prependListener?(
    event: 'request',
    listener: (request: IncomingMessage, response: ServerResponse) => void,
  ): void;
}

/** So long a connection may still be idle when the server has stopped to listen, in milliseconds; some versions of Node add a second. */
const LAST_IDLE_MS = 100;

/**
 * The beginning of the end: health turns to unavailable while the application still answers, so that no new requests are sent to it; after
 * `shutdownDelayMs` the server stops to listen. Meanwhile each answer says that its connection ends: a client that keeps one alive would
 * else hold the server open, or find its next request cut off.
 */
@Injectable()
export class LastRequests implements BeforeApplicationShutdown {
  readonly #container: ModulesContainer;
  readonly #directory: PoolDirectory;
  readonly #host: HttpAdapterHost;

  constructor(container: ModulesContainer, directory: PoolDirectory, host: HttpAdapterHost) {
    this.#container = container;
    this.#directory = directory;
    this.#host = host;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#directory.shuttingDown = true;
    const server = this.#host.httpAdapter?.getHttpServer() as HttpServer | undefined;
    server?.prependListener?.('request', endsConnection);
    const delays = registrationsOf(this.#container).map(({ extras }) => extras.shutdownDelayMs ?? 0);
    await this.#wait(Math.max(0, ...delays));
    // A request of before that is answered later does not say that its connection ends.
    if (server?.keepAliveTimeout !== undefined) server.keepAliveTimeout = LAST_IDLE_MS;
  }

  async #wait(ms: number): Promise<void> {
    if (ms === 0) return;
    const { scheduler } = containerEnv(this.#container);
    await new Promise<void>((resolve) => {
      scheduler.after(ms, resolve);
    });
  }
}

function endsConnection({ httpVersionMajor }: IncomingMessage, response: ServerResponse): void {
  // HTTP/2 has no such header, and says goodbye in its own way.
  if (httpVersionMajor < 2 && !response.headersSent) response.setHeader('Connection', 'close');
}
