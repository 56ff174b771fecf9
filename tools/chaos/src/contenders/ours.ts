import { systemEnv, type Definition } from '@nest-pooling/core';
import { postgres } from '@nest-pooling/postgres';
import { runInCausalScope, type ReadReplicaRouter, type RoutingOptions } from '@nest-pooling/routing';
import type { QueryOptions } from '@nest-pooling/sql';
import {
  BOUND_MS,
  MAX,
  READ_DEADLINE_MS,
  WRITE_DEADLINE_MS,
  type Answer,
  type Contender,
  type Level,
  type Urls,
} from '../frame/contender.js';
import { pause } from '../frame/load.js';

/** What is said in other words to another kind of server. */
export interface Dialect {
  /** Defines a router over these nodes. */
  readonly define: (nodes: Nodes) => Definition<ReadReplicaRouter>;
  /** The placeholder of the only parameter. */
  readonly mark: string;
  /** The column `id` as a text. */
  readonly idText: string;
}

interface Nodes {
  readonly primary: { readonly url: string };
  readonly replicas: readonly { readonly url: string }[];
  readonly pool: { readonly max: number };
  readonly routing: RoutingOptions;
}

/** The words of Postgres. */
export const postgresDialect: Dialect = { define: postgres, mark: '$1', idText: 'id::text' };

/** The router with its defaults. */
export class Ours implements Contender {
  readonly name = 'ours';
  #router!: ReadReplicaRouter;
  /** The router of another app instance. */
  #other!: ReadReplicaRouter;

  constructor(private readonly dialect: Dialect = postgresDialect) {}

  async open(urls: Urls, hear: (what: string, facts: object) => void): Promise<void> {
    const definition = this.dialect.define({
      primary: { url: urls.primary },
      replicas: urls.replicas.map((url) => ({ url })),
      pool: { max: MAX },
      routing: { tokens: { keys: ['a key of these scenarios'] } },
    });
    this.#router = definition.open('shop', systemEnv).face;
    this.#other = definition.open('shop', systemEnv).face;
    for (const what of ['primary', 'primaryLost', 'rotation', 'alarm'] as const)
      this.#router.on(what, (facts) => hear(what, facts));
    await Promise.all([this.#router.start(), this.#other.start()]);
  }

  async read(id: number): Promise<Answer> {
    const text = `SELECT value FROM item WHERE id = ${this.dialect.mark}`;
    const { rows, node } = await this.#router.query<{ value: string }>(text, [id], {
      timeoutMs: READ_DEADLINE_MS,
    });
    return { value: rows[0]?.value, node };
  }

  async write(id: number): Promise<void> {
    const text = `INSERT INTO written VALUES (${this.dialect.mark})`;
    await this.#router.query(text, [id], { timeoutMs: WRITE_DEADLINE_MS });
  }

  async pair(id: number, level: Level): Promise<Answer> {
    const { idText, mark } = this.dialect;
    const text = `SELECT ${idText} AS value FROM written WHERE id = ${mark}`;
    const seen = async (router: ReadReplicaRouter, options: QueryOptions): Promise<Answer> => {
      const { rows, node } = await router.query<{ value: string }>(text, [id], {
        timeoutMs: READ_DEADLINE_MS,
        ...options,
      });
      return { value: rows[0]?.value, node };
    };
    if (level === 'token') {
      const token = await runInCausalScope(async () => {
        await this.write(id);
        return this.#router.token();
      });
      return this.#other.runWithToken(token, () => seen(this.#other, { consistency: 'read-your-writes' }));
    }
    return runInCausalScope(async () => {
      await this.write(id);
      if (level === 'bounded') await pause(BOUND_MS);
      return seen(
        this.#router,
        level === 'bounded' ? { consistency: level, maxLagMs: BOUND_MS } : { consistency: level },
      );
    });
  }

  nodes(): unknown {
    return this.#router.nodes();
  }

  async close(): Promise<void> {
    await Promise.all([this.#router.close(), this.#other.close()]);
  }
}
