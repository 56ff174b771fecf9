import { defined } from '@nest-pooling/core';
import type { SqlDialectEntry } from '@nest-pooling/sql';
import { sqlite } from './definition.js';

/** `sqlite:` or `sqlite://`, and what follows up to a search. */
const PATH = /^sqlite:(?:\/\/)?([^?#]*)$/i;
const MEMORY = /^:memory:$|^$/;

/**
 * SQLite among the drivers of `fromUrl` and `fromEnv`: `sqlite:data/shop.db` (from where the process runs), `sqlite:///var/lib/shop.db`,
 * `file:///var/lib/shop.db`, and `sqlite::memory:`.
 */
export const sqliteEntry: SqlDialectEntry = {
  protocols: ['sqlite:', 'file:'],
  define({ url, replicas }, { proxied: _, statementTimeoutMs: __, lockTimeoutMs, ...rest }) {
    const path = PATH.exec(url)?.[1];
    const options = {
      ...rest,
      session: defined({ lockTimeoutMs }),
      // Refused with its name when the pool is opened.
      ...(replicas === undefined ? {} : { replicas }),
    };
    if (path !== undefined && MEMORY.test(path)) return sqlite({ ...options, memory: true });
    return sqlite({ ...options, file: path === undefined ? url : decodeURIComponent(path) });
  },
};
