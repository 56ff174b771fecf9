import { describe, expect, it } from '@jest/globals';
import { systemEnv } from '@nest-pooling/core';
import { postgres } from './definition.js';
import { sessionSettings } from './session-settings.js';

const settings = { statement_timeout: '60000', timezone: 'UTC' };

describe('sessionSettings', () => {
  it('sends everything with the connection where no proxy stands', () => {
    expect(sessionSettings(settings, 'app', 'write', 'none')).toEqual({
      startup: { options: '-c statement_timeout=60000 -c timezone=UTC' },
      connect: '',
      begin: '',
      reset: '',
    });
  });

  it('sets by statement what a proxy does not carry, for as long as the server is ours', () => {
    expect(sessionSettings(settings, 'app', 'write', 'session')).toEqual({
      startup: { timezone: 'UTC' },
      connect: "SELECT set_config('statement_timeout', '60000', false)",
      begin: '',
      reset:
        "SELECT set_config('timezone', 'UTC', false), set_config('application_name', 'app', false), " +
        "set_config('statement_timeout', '60000', false)",
    });
  });

  it('leaves nothing on a server that somebody else has next', () => {
    const { startup, connect, begin, reset } = sessionSettings(settings, 'app', 'read', 'transaction');
    expect(startup).toEqual({ timezone: 'UTC' });
    expect(connect).toBe("SELECT set_config('statement_timeout', '60000', true)");
    expect(begin).toBe(
      "SELECT set_config('statement_timeout', '60000', true), set_config('transaction_read_only', 'on', true)",
    );
    expect(reset).toBe(
      "SELECT set_config('timezone', 'UTC', false), set_config('application_name', 'app', false)",
    );
  });
});

describe('a pool behind a pooler', () => {
  const open = (proxied: boolean | 'session'): unknown =>
    postgres({
      primary: { user: 'a', proxied },
      session: { onConnect: async () => {}, settings: { search_path: 'a', DateStyle: 'ISO' } },
    }).open('orders', systemEnv);

  it('refuses what could hold for some statements only', () => {
    const message =
      /session\.onConnect: cannot hold.*\n.*session\.settings\.search_path: cannot hold.*ALTER ROLE/;
    expect(() => open(true)).toThrow(message);
    expect(() => open(true)).not.toThrow(/DateStyle/);
    expect(() => open('session')).not.toThrow();
    expect(() => open(false)).not.toThrow();
  });
});
