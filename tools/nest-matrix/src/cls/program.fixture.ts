// Runs in a process of its own: Jest cannot load the library, which is CommonJS and requires Nest 12, which is not.
import 'reflect-metadata';
import { PoolRegistry } from '@nest-pooling/nestjs';
import { NestFactory } from '@nestjs/core';
import { ClsShopModule, Orders } from './cls-shop.fixture.js';

const app = await NestFactory.createApplicationContext(ClsShopModule, { logger: false, abortOnError: false });
const orders = app.get(Orders);
/** What a call gives, or the name of its error; the library throws some before there is a promise. */
async function ended(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    const { code, name } = error as { code?: string; name: string };
    return code ?? name;
  }
}
const no = (): Promise<never> => Promise.reject(new Error('no'));

const results = {
  committed: await orders.place('cls-good').then(() => orders.committed.splice(0)),
  rolledBack: await ended(() => orders.place('cls-bad', no)),
  hooksOfTheBad: orders.committed.splice(0),
  separate: await ended(() => orders.place('cls-outer', () => orders.separate('cls-separate').then(no))),
  part: await orders.place('cls-whole', async () => {
    await orders.part('cls-part-good', false);
    await ended(() => orders.part('cls-part-bad', true));
  }),
  suspended: await orders.place('cls-suspended', () => orders.suspended('cls-suspended')),
  mandatory: [
    await ended(() => orders.mandatory()),
    await orders.place('cls-mandatory', () => orders.mandatory()),
  ],
  never: [await orders.never(), await ended(() => orders.place('cls-never', () => orders.never()))],
  isolation: await orders.isolation(),
  late: await ended(() => orders.late()),
  ours: [await orders.ours('cls-ours-good', false), await ended(() => orders.ours('cls-ours-bad', true))],
  alone: await orders.alone('cls-alone'),
  inUse: Object.values(app.get(PoolRegistry).report().pools).map((pool) => pool.inUse + pool.waiting),
};
await app.close();
process.stdout.write(`${JSON.stringify(results)}\n`);
