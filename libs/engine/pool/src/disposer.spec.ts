import { describe, expect, jest, test } from '@jest/globals';
import { disposerOf } from './disposer.js';

const create = (): Promise<never> => Promise.reject(new Error('not here'));

describe('the disposer', () => {
  test("is the factory's destroy, with the resource and the reason, and with its this", async () => {
    const seen: unknown[] = [];
    const factory = {
      create,
      async destroy(resource: unknown, reason: string): Promise<void> {
        seen.push(this === factory, resource, reason);
      },
    };
    await disposerOf<unknown>(factory)('resource', 'idle');
    expect(seen).toEqual([true, 'resource', 'idle']);
  });

  test.each([[[Symbol.asyncDispose, 'close', 'end']], [['close', 'end']], [['end']]])(
    'else the first of the methods %p',
    async (methods) => {
      const called: unknown[] = [];
      const resource = Object.fromEntries(
        methods.map((name) => [
          name,
          function method(this: unknown) {
            called.push(name, this === resource);
          },
        ]),
      );
      await disposerOf({ create })(resource as never, 'idle');
      expect(called).toEqual([methods[0], true]);
    },
  );

  test('waits for it', async () => {
    let done!: () => void;
    const end = jest.fn(() => new Promise<void>((resolve) => (done = resolve)));
    let over = false;
    const disposed = disposerOf({ create })({ end } as never, 'idle').then(() => (over = true));
    await Promise.resolve();
    expect(over).toBe(false);
    done();
    expect(await disposed).toBe(true);
  });

  test.each([[undefined], [null], [42], [{}], [{ close: true }]])('of %p does nothing', async (resource) => {
    await expect(disposerOf({ create })(resource as never, 'idle')).resolves.toBeUndefined();
  });

  test('rejects and never throws', async () => {
    const fail = (): never => {
      throw new TypeError('no');
    };
    await expect(disposerOf({ create, destroy: fail })({} as never, 'idle')).rejects.toThrow(TypeError);
    await expect(disposerOf({ create })({ close: fail } as never, 'idle')).rejects.toThrow(TypeError);
  });
});
