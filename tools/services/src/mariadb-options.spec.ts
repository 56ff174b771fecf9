import { describe, expect, it } from '@jest/globals';
import { mariadbNameProblem, resolveMariadbOptions } from './mariadb-options.js';
import { renderMariadbSettings } from './mariadb-settings.js';

describe('options of a MariaDB cluster', () => {
  it('have defaults', () => {
    expect(resolveMariadbOptions({})).toEqual({
      replicas: 2,
      port: undefined,
      database: 'app',
      user: 'app',
      password: 'app-secret',
      maxConnections: 300,
      settings: {},
      tls: false,
      startTimeoutMs: 30_000,
      stopTimeoutMs: 5_000,
    });
  });

  it('are refused with every problem in one message, the password not shown', () => {
    const wrong = {
      replicas: -1,
      database: 'x'.repeat(65),
      user: 'root',
      password: 7 as unknown as string,
      settings: { 'server-id': 1, log_bin: 'x', fine_one: true },
      hba: [],
    };
    expect(() => resolveMariadbOptions(wrong)).toThrow(
      [
        'Wrong options for a MariaDB cluster:',
        'replicas: must be a whole number from 0 to 16 (got -1)',
        'settings.server-id: is not a name of a setting',
        'settings.log_bin: belongs to the cluster and cannot be set',
        'hba: is not an option',
        `database: must be a name of 1 to 64 characters (got "${'x'.repeat(65)}")`,
        'user: root belongs to the cluster',
        'password: must be a text',
      ].join('\n  '),
    );
  });

  it('take names of databases that MariaDB takes', () => {
    expect(mariadbNameProblem('é`"'.repeat(10))).toBeUndefined();
    for (const name of ['', 'a\0b', 'blank ', 'x'.repeat(65), undefined])
      expect(mariadbNameProblem(name)).toContain('64 characters');
  });
});

describe('settings of a MariaDB node', () => {
  const node = { dataDir: '/d', port: 1, serverId: 2, maxConnections: 300, readOnly: true, places: {} };

  it('survive kill -9, and let users win', () => {
    const text = renderMariadbSettings({
      ...node,
      extra: { wait_timeout: 5, init_connect: 'SET @a="\\\\"' },
    });
    for (const line of [
      'innodb_flush_log_at_trx_commit = 2',
      'read_only = ON',
      'server_id = 2',
      'wait_timeout = 5',
    ])
      expect(text).toContain(`\n${line}\n`);
    expect(text).toContain('init_connect = "SET @a=\\"\\\\\\\\\\""\n');
  });
});
