import { systemEnv } from '@nest-pooling/core';
import { postgres } from '@nest-pooling/postgres';
import type { ReadReplicaRouter, RoutingOptions } from '@nest-pooling/routing';
import { BY_ID, MAX, ONE, UPDATE, type Contender, type Item } from '../postgres/contender.js';

const NAMED = { name: 'by_id' };

/** Reads through a router whose only replica is the server that the single pool reads from. */
export class Routed implements Contender {
  readonly options: string;
  #router!: ReadReplicaRouter;

  constructor(
    readonly name: string,
    private readonly routing: RoutingOptions = {},
  ) {
    this.options = `postgres({ primary, replicas: [one], pool: { max: ${MAX} }, routing: ${JSON.stringify(routing)} })`;
  }

  async open(url: string): Promise<void> {
    const primary = { url: process.env.BENCH_PRIMARY_URL! };
    const options = { primary, replicas: [{ url }], pool: { max: MAX }, routing: this.routing };
    this.#router = postgres(options).open('bench', systemEnv).face;
    await this.#router.start();
  }

  async one(): Promise<{ one: number } | undefined> {
    return (await this.#router.query<{ one: number }>(ONE)).rows[0];
  }

  async byId(id: number): Promise<Item | undefined> {
    return (await this.#router.query<Item>(BY_ID, [id], NAMED)).rows[0];
  }

  async byIdPlain(id: number): Promise<Item | undefined> {
    return (await this.#router.query<Item>(BY_ID, [id])).rows[0];
  }

  async update(id: number): Promise<number | null> {
    return (await this.#router.query(UPDATE, [id])).rowCount;
  }

  sleep(): Promise<unknown> {
    throw new Error('nothing sleeps in this benchmark');
  }

  close(): Promise<void> {
    return this.#router.close();
  }
}
