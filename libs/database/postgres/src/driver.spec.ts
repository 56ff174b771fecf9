import { describe, expect, it } from '@jest/globals';
import { OptionsError, Problems } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { PostgresDriver } from './driver.js';
import { DriverMissingError, PostgresError } from './errors.js';
import { wireValues } from './parameters.js';
import { checkedPg, loadPg } from './pg.js';
import { postgresTarget } from './target.js';

describe('PostgresDriver', () => {
  it('refuses wrong options, all at once', () => {
    const make = (): unknown =>
      new PostgresDriver({
        statementTimeoutMs: 0,
        lockTimeoutMs: Number.NaN,
        settings: { 'no name': 'x' },
        onConnect: 'SET a = 1',
        timezone: 'UTC',
      } as never);
    expect(make).toThrow(OptionsError);
    expect(make).toThrow(/timezone: is unknown; did you mean timeZone/);
    expect(make).toThrow(/statementTimeoutMs.*\n.*lockTimeoutMs.*\n.*onConnect.*\n.*settings/);
  });

  it('does not begin to connect for a signal that has aborted', async () => {
    const target = postgresTarget('n', { user: 'a', host: 'localhost', port: 1 }, new Problems())!;
    const reason = new Error('too late');
    const opening = new PostgresDriver().connect(
      target,
      'write',
      new VirtualEnv(),
      AbortSignal.abort(reason),
    );
    await expect(opening).rejects.toBe(reason);
  });

  it('stops waiting for credentials when the signal aborts', async () => {
    const target = {
      ...postgresTarget('n', { user: 'a' }, new Problems())!,
      credentials: () => new Promise<never>(() => {}),
    };
    const abort = new AbortController();
    const opening = new PostgresDriver().connect(target, 'write', new VirtualEnv(), abort.signal);
    abort.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
  });
});

describe('loading pg', () => {
  it('names the command that installs what is missing', async () => {
    const cause = new Error('Cannot find package');
    const missing = await checkedPg(() => Promise.reject(cause)).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(DriverMissingError);
    expect(missing).toBeInstanceOf(PostgresError);
    expect(missing).toMatchObject({ code: 'DRIVER_MISSING', category: 'misuse', cause });
    expect((missing as Error).message).toMatch(/npm install pg/);
    await expect(checkedPg(() => Promise.resolve({ Client: Map }))).rejects.toThrow(/older than 8\.23/);
    await expect(loadPg()).resolves.toHaveProperty('Client');
  });
});

describe('wireValues', () => {
  const prepare = (value: unknown): unknown => (value as { toText(): unknown }).toText();

  it('passes plain parameters on as they are', () => {
    const plain = ['a', 1, true, 2n, null, undefined];
    expect(wireValues('n', plain, prepare)).toBe(plain);
    expect(wireValues('n', [], prepare)).toBeUndefined();
    expect(wireValues('n', undefined, prepare)).toBeUndefined();
  });

  it('prepares all others, and names the one that fails but not its value', () => {
    expect(wireValues('n', [{ toText: () => 'x' }], prepare)).toEqual(['x']);
    const failing = (): unknown => wireValues('n', [{ toText: () => 'x' }, { secret: 1 }], prepare);
    expect(failing).toThrow('n: parameter $2 cannot be turned into a value (TypeError).');
  });
});
