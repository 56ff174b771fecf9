import type { Contender } from './contender.js';
import { KnexOnPg } from './contenders/knex.js';
import { KyselyOnPg } from './contenders/kysely.js';
import { Ours } from './contenders/ours.js';
import { PgPool } from './contenders/pg-pool.js';
import { PostgresJs } from './contenders/postgres-js.js';
import { TypeOrm } from './contenders/typeorm.js';

/** Everybody, ours first. */
export function contenders(): readonly Contender[] {
  return [
    new Ours(),
    new Ours(false),
    new PgPool(),
    new PostgresJs(),
    new TypeOrm(),
    new KyselyOnPg(),
    new KnexOnPg(),
  ];
}
