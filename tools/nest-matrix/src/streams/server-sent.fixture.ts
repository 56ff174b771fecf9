import { Transactional } from '@nest-pooling/nestjs';
import { Controller, Query, Sse, type MessageEvent } from '@nestjs/common';
import { concat, defer, map, NEVER, Observable } from 'rxjs';
import { request } from 'node:http';
import { Shop, shopModule } from '../shop/shop.fixture.js';
import { listening } from '../transports/rest.fixture.js';
import type { Streaming } from './streaming.fixture.js';

@Controller()
class EventsController {
  constructor(private readonly shop: Shop) {}

  @Sse('events')
  @Transactional('shop')
  events(@Query('id') id: string, @Query('endless') endless: string): Observable<MessageEvent> {
    const written = defer(() => this.shop.orders.write({ id })).pipe(map((data) => ({ data })));
    return endless === 'true' ? concat(written, NEVER) : written;
  }
}

/** Events that a server sends over HTTP. */
export const serverSent: readonly Streaming[] = (['Express', 'Fastify'] as const).map((on) => ({
  name: `server-sent events on ${on}`,
  async start(cluster) {
    const { app, url } = await listening(shopModule(cluster, { controllers: [EventsController] }), on);
    return {
      app,
      listen: (id, endless, listener) => {
        const asking = request(`${url}/events?id=${id}&endless=${endless}`, { agent: false });
        asking.on('error', () => {});
        asking.on('response', (response) => {
          response.setEncoding('utf8');
          response.on('data', (text: string) => {
            const [, value] = /^data: (.*)$/m.exec(text) ?? [];
            if (value !== undefined) listener.value(value);
          });
          response.on('end', listener.end);
          response.on('error', () => {});
        });
        asking.end();
        return () => void asking.destroy();
      },
      close: () => app.close(),
    };
  },
}));
