import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, jest, test } from '@jest/globals';
import {
  contextKey,
  deadlineKey,
  getContext,
  labelKey,
  runInContext,
  runOutsideContext,
  runWithSignal,
  scopedSignal,
} from './index.js';

const colour = contextKey<string>('colour');

// First in this file: afterwards the context is in use.
test('until a scope is first entered, reading does not ask the AsyncLocalStorage', () => {
  const getStore = jest.spyOn(AsyncLocalStorage.prototype, 'getStore');
  try {
    expect(getContext(colour)).toBeUndefined();
    expect(getStore).not.toHaveBeenCalled();
    runInContext(colour, 'red', () => {});
    getStore.mockClear();
    expect(getContext(colour)).toBeUndefined();
    expect(getStore).toHaveBeenCalled();
  } finally {
    getStore.mockRestore();
  }
});

describe('context', () => {
  test('what serves many belongs to nobody, also later in its flow', async () => {
    await runInContext(colour, 'red', async () => {
      const seen = await runOutsideContext(async () => {
        await Promise.resolve();
        return getContext(colour);
      });
      expect([seen, getContext(colour)]).toEqual([undefined, 'red']);
    });
  });

  test('the innermost value counts, and the outer one is back afterwards', () => {
    runInContext(colour, 'red', () => {
      expect(getContext(colour)).toBe('red');
      runInContext(colour, 'blue', () => expect(getContext(colour)).toBe('blue'));
      expect(getContext(colour)).toBe('red');
    });
    expect(getContext(colour)).toBeUndefined();
  });

  test('keys do not disturb each other', () => {
    runInContext(colour, 'red', () => {
      runInContext(labelKey, 'Orders.list', () => {
        runInContext(deadlineKey, 17, () => {
          expect([getContext(colour), getContext(labelKey), getContext(deadlineKey)]).toEqual([
            'red',
            'Orders.list',
            17,
          ]);
        });
      });
    });
  });

  test('undefined hides an outer value', () => {
    runInContext(colour, 'red', () => {
      runInContext(colour, undefined, () => expect(getContext(colour)).toBeUndefined());
      expect(getContext(colour)).toBe('red');
    });
  });

  test('values travel across await, each flow with its own', async () => {
    const seen = await Promise.all(
      ['red', 'blue'].map((value) =>
        runInContext(colour, value, async () => {
          await Promise.resolve();
          const nested = await runInContext(labelKey, value, async () => {
            await Promise.resolve();
            return [getContext(colour), getContext(labelKey)];
          });
          return [...nested, getContext(colour), getContext(labelKey)];
        }),
      ),
    );
    expect(seen).toEqual([
      ['red', 'red', 'red', undefined],
      ['blue', 'blue', 'blue', undefined],
    ]);
  });

  test('gives what the function gives and lets its error through', () => {
    expect(runInContext(colour, 'red', () => 42)).toBe(42);
    const fail = (): never => {
      throw new TypeError('inside');
    };
    expect(() => runInContext(colour, 'red', fail)).toThrow(TypeError);
    expect(getContext(colour)).toBeUndefined();
  });

  test('a key of the same name is the same key, as a second copy of the package would make it', () => {
    runInContext(colour, 'red', () => {
      expect(getContext(contextKey<string>('colour'))).toBe('red');
      expect(getContext(contextKey<string>('color'))).toBeUndefined();
    });
  });
});

describe('the signal of the scope', () => {
  test('is the call’s own where there is none, and the other way round', () => {
    const [own, scope] = [new AbortController().signal, new AbortController().signal];
    expect(scopedSignal(undefined)).toBeUndefined();
    expect(scopedSignal(own)).toBe(own);
    runWithSignal(scope, () => {
      expect(scopedSignal(undefined)).toBe(scope);
      expect(scopedSignal(scope)).toBe(scope);
    });
  });

  test.each([0, 1, 2])('any of all of them counts: the %i. of three', (which) => {
    const all = [new AbortController(), new AbortController(), new AbortController()];
    const signal = runWithSignal(all[0]!.signal, () =>
      runWithSignal(all[1]!.signal, () => scopedSignal(all[2]!.signal)),
    )!;
    expect(signal.aborted).toBe(false);
    all[which]!.abort(new Error('gone'));
    expect(signal.reason).toBe(all[which]!.signal.reason);
  });
});
