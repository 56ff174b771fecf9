import { systemEnv } from '@nest-pooling/core';
import { postgres } from '@nest-pooling/postgres';
import { pgPool, Pool } from '@nest-pooling/postgres/pg-compat';
import type { SqlPool } from '@nest-pooling/sql';
import type pg from 'pg';
import { MAX, type Contender } from '../postgres/contender.js';
import { PgPool } from '../postgres/contenders/pg-pool.js';

/** Our drop-in, by the very program that pg.Pool is measured by. */
export const ours = (): Contender =>
  new PgPool('Pool', `max ${MAX}, connectionTimeoutMillis 10000`, (config) => new Pool(config));

export const theirs = (): Contender => new PgPool();

/** The face of one of our pools, by the same program. */
export class Face extends PgPool {
  #opened: (SqlPool & { close(): Promise<void> }) | undefined;

  constructor() {
    super('pgPool', `pgPool(postgres({ pool: { max: ${MAX} } }))`, (config) => this.#open(config));
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#opened?.close();
  }

  #open({ connectionString }: pg.PoolConfig): pg.Pool {
    const definition = postgres({ primary: { url: connectionString! }, pool: { max: MAX } });
    this.#opened = definition.open('bench', systemEnv).face as SqlPool & { close(): Promise<void> };
    return pgPool(this.#opened);
  }
}

export const all = (): readonly Contender[] => [ours(), new Face(), theirs()];
