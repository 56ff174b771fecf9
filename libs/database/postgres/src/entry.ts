import { defined } from '@nest-pooling/core';
import type { SqlDialectEntry } from '@nest-pooling/sql';
import { postgres } from './definition.js';

/**
 * Postgres among the drivers of `fromUrl` and `fromEnv`: URLs that begin with `postgres:` or `postgresql:`. What only Postgres has
 * (`session`, `routing`, …) is told to {@link postgres} itself.
 */
export const postgresEntry: SqlDialectEntry = {
  protocols: ['postgres:', 'postgresql:'],
  define({ url, replicas }, { proxied, statementTimeoutMs, lockTimeoutMs, ...rest }) {
    const node = (at: string) => ({ url: at, ...defined({ proxied }) });
    const options = {
      ...rest,
      primary: node(url),
      session: defined({ statementTimeoutMs, lockTimeoutMs }),
    };
    return replicas === undefined
      ? postgres(options)
      : postgres({ ...options, replicas: replicas.map(node) });
  },
};
