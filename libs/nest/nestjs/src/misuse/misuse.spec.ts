import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { PoolingError } from '@nest-pooling/core';
import { ofInjection } from './of-injection.fixture.js';
import { ofLifetimes } from './of-lifetimes.fixture.js';
import { ofMethods } from './of-methods.fixture.js';
import { ofTheModule } from './of-the-module.fixture.js';

const misuses = [...ofTheModule, ...ofInjection, ...ofMethods, ...ofLifetimes];

/** The rows of the table of misuses in the README, without the padding of its columns. */
function rowsOfTheReadme(): string[] {
  const text = readFileSync(new URL('../../../../../README.md', import.meta.url), 'utf8');
  const table = /<!-- misuses -->([^]*?)<!-- end of misuses -->/.exec(text)?.[1] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) => line.replaceAll(/ +/g, ' '));
}

describe('misuse', () => {
  it.each(misuses)('$what: $code', async ({ code, says, act }) => {
    const error = await Promise.resolve()
      .then(act)
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    expect(error).toBeInstanceOf(PoolingError);
    expect((error as PoolingError).code).toBe(code);
    expect((error as PoolingError).message).toMatch(says);
    // What a program does wrong is no matter of trying again, but for a server that is not there yet.
    expect((error as PoolingError).category).toMatch(
      code === 'POOL_START_FAILED' ? /^unavailable$/ : /^(misuse|failed)$/,
    );
  });

  it('is listed in the README as it is tested', () => {
    expect(misuses.length).toBeGreaterThanOrEqual(25);
    expect(rowsOfTheReadme()).toEqual(misuses.map(({ what, code }) => `| ${what} | \`${code}\` |`));
  });
});
