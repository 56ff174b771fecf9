import { systemEnv } from '@nest-pooling/core';
import { mysql } from '@nest-pooling/mysql';
import { mysql2Pool } from '@nest-pooling/mysql/mysql2-compat';
import { createPool } from '@nest-pooling/mysql/mysql2-compat/promise';
import type { SqlPool } from '@nest-pooling/sql';
import type { Pool, PoolOptions } from 'mysql2/promise';
import { Mysql2Pool } from '../mysql/contenders/mysql2-pool.js';
import { MAX } from '../postgres/contender.js';

/** Our drop-in, by the very program that mysql2's pool is measured by. */
class OurPool extends Mysql2Pool {
  constructor() {
    super('createPool', `mysql2-compat/promise createPool, connectionLimit ${MAX}`, (options) =>
      createPool(options),
    );
  }
}

/** The face of one of our pools, by the same program. */
class Face extends Mysql2Pool {
  #opened: (SqlPool & { close(): Promise<void> }) | undefined;

  constructor() {
    super('mysql2Pool', `mysql2Pool(mysql({ pool: { max: ${MAX} } })).promise()`, (options) =>
      this.#open(options),
    );
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#opened?.close();
  }

  #open({ uri }: PoolOptions): Pool {
    const definition = mysql({ primary: { url: uri! }, pool: { max: MAX } });
    this.#opened = definition.open('bench', systemEnv).face as SqlPool & { close(): Promise<void> };
    return mysql2Pool(this.#opened).promise();
  }
}

/** Everybody, ours first. */
export const allMysql2 = (): readonly Mysql2Pool[] => [new OurPool(), new Face(), new Mysql2Pool()];
