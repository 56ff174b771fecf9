import { runWithSignal } from '@nest-pooling/core';
import { failureMessageOf } from '@nest-pooling/nestjs';
import { NestFactory } from '@nestjs/core';
import { from, lastValueFrom } from 'rxjs';
import { Shop, shopModule, type Operation } from '../shop/shop.fixture.js';
import { failed, type Transport } from '../transport.fixture.js';

/** No transport at all: a command of a shell, a job of a queue. What goes away is a signal. */
export const plain: Transport = {
  name: 'plain calls',
  handlers: [],
  async start(cluster) {
    const app = await NestFactory.createApplicationContext(shopModule(cluster), { logger: false });
    const shop = app.get(Shop);
    return {
      app,
      call: async (operation, order) => {
        try {
          const given = from(shop.run(operation as Operation, order));
          return { ok: true, value: await lastValueFrom(given, { defaultValue: undefined }) };
        } catch (error) {
          return failed(failureMessageOf(error as never));
        }
      },
      abandon: (operation, order) => {
        const leaving = new AbortController();
        runWithSignal(leaving.signal, () => from(shop.run(operation as Operation, order))).subscribe({
          error: () => {},
        });
        return () => leaving.abort();
      },
      close: () => app.close(),
    };
  },
};
