import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PRICES: Readonly<Record<string, number>> = {
  espresso: 240,
  cappuccino: 340,
  filter: 290,
  croissant: 210,
  'beans-1kg': 2_490,
};

/**
 * The service of another team: an HTTP server of its own that knows today's prices. When it is down it answers every
 * call with 500 and a page of internals, as such services do; so it can still count who calls it.
 */
export class PricingUpstream {
  readonly host = '127.0.0.1';
  readonly #server: Server;
  #state: 'up' | 'down' = 'up';
  #calls = 0;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** Listens on a free port. */
  static async start(): Promise<PricingUpstream> {
    const upstream = new PricingUpstream();
    const server = upstream.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, upstream.host, resolve);
    });
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://${this.host}:${this.port}`;
  }

  get state(): 'up' | 'down' {
    return this.#state;
  }

  /** How many calls have reached it. */
  get calls(): number {
    return this.#calls;
  }

  /** From now on every call fails. */
  down(): void {
    this.#state = 'down';
  }

  /** Ends {@link down}. */
  up(): void {
    this.#state = 'up';
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#calls++;
    if (this.#state === 'down') return reply(response, 500, { error: 'NullPointer at PriceBook.java:42' });
    if (request.url === '/discount') return reply(response, 200, { percent: 5 });
    const sku = /^\/prices\/([^/?]+)$/.exec(request.url ?? '')?.[1] ?? '';
    const cents = Object.hasOwn(PRICES, sku) ? PRICES[sku] : undefined;
    if (cents === undefined) return reply(response, 404, { error: 'unknown sku' });
    reply(response, 200, { sku, cents, currency: 'EUR' });
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
