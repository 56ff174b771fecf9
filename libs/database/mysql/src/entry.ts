import { defined } from '@nest-pooling/core';
import type { SqlDialectEntry } from '@nest-pooling/sql';
import { mysql } from './definition.js';

/**
 * MySQL and MariaDB among the drivers of `fromUrl` and `fromEnv`: URLs that begin with `mysql:` or `mariadb:`. What only they have
 * (`session`, `routing`, …) is told to {@link mysql} itself.
 */
export const mysqlEntry: SqlDialectEntry = {
  protocols: ['mysql:', 'mariadb:'],
  define({ url, replicas }, { proxied, statementTimeoutMs, lockTimeoutMs, ...rest }) {
    const node = (at: string) => ({ url: at, ...defined({ proxied }) });
    const options = {
      ...rest,
      primary: node(url),
      session: defined({ statementTimeoutMs, lockTimeoutMs }),
    };
    return replicas === undefined ? mysql(options) : mysql({ ...options, replicas: replicas.map(node) });
  },
};
