import { describe, expect, it } from '@jest/globals';
import { systemEnv } from '@nest-pooling/core';
import { fromUrl } from '@nest-pooling/sql';
import { mysql } from './definition.js';
import { MysqlDriver } from './driver.js';
import { mysqlEntry } from './entry.js';

describe('the definition', () => {
  it('connects to nothing, and lists everything that is wrong', () => {
    const wrong = {
      primary: { host: 'h', prot: 1 },
      replicas: [{ user: 'a', weight: 0 }],
      session: {
        timeZone: 'Europe/Berlin',
        statementTimeoutMs: 0,
        types: { dates: 1 },
        settings: { 'a b': 'c', d: 5 },
      },
      pool: { max: 0 },
      extra: true,
    };
    const open = (): unknown => mysql(wrong as never).open('orders', systemEnv);
    for (const part of [
      /mysql pool 'orders'/,
      /extra/,
      /primary.prot/,
      /primary.user/,
      /replicas\[0\].weight/,
      /session.timeZone: must be UTC or an offset/,
      /session.statementTimeoutMs/,
      /session.types.dates/,
      /no setting of the server/,
      /session.settings.d/,
      /pool.max/,
    ]) {
      expect(open).toThrow(part);
    }
    expect(() => new MysqlDriver({ preparedStatements: 0 })).toThrow(/preparedStatements/);
  });

  it('opens by URL', () => {
    const env = { ...systemEnv };
    const pool = fromUrl('mariadb://app@127.0.0.1:1/shop', { drivers: [mysqlEntry], pool: { min: 0 } }).open(
      'shop',
      env,
    );
    expect(pool.kind).toBe('mysql');
    const router = mysqlEntry
      .define({ url: 'mysql://a@h/d', replicas: ['mysql://a@i/d'] }, { statementTimeoutMs: 5 })
      .open('shop', env);
    expect(Object.keys((router.report() as { nodes: object }).nodes)).toEqual([
      'shop.primary',
      'shop.replica-1',
    ]);
  });
});
