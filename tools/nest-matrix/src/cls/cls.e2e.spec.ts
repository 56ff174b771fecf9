import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { PostgresCluster } from '@nest-pooling/services';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { busySessions, count, startWorld } from '../shop/world.fixture.js';

jest.setTimeout(120_000);

/** As the type check has compiled it. */
const program = fileURLToPath(new URL('../../out-tsc/spec/cls/program.fixture.js', import.meta.url));

describe('@nestjs-cls/transactional over our pool', () => {
  let cluster: PostgresCluster;
  let results: Record<string, unknown>;
  beforeAll(async () => {
    cluster = await startWorld();
    // Not the flags that Jest needs.
    const env = { PATH: process.env.PATH, PRIMARY_URL: cluster.primary.url };
    const { stdout } = await promisify(execFile)(process.execPath, [program], { env });
    results = JSON.parse(stdout) as Record<string, unknown>;
  });
  afterAll(() => cluster?.stop());

  const placed = async (...ids: string[]): Promise<number[]> => {
    const counts: number[] = [];
    for (const id of ids) counts.push(await count(cluster, 'placed', id));
    return counts;
  };

  it('commits over two services, and runs our hooks', async () => {
    expect(results.committed).toEqual(['cls-good: 1']);
    expect(await placed('cls-good')).toEqual([1]);
    expect(await count(cluster, 'taken', 'cls-good')).toBe(1);
  });

  it('rolls both back', async () => {
    expect([results.rolledBack, results.hooksOfTheBad]).toEqual(['Error', []]);
    expect(await placed('cls-bad')).toEqual([0]);
    expect(await count(cluster, 'taken', 'cls-bad')).toBe(0);
  });

  it('RequiresNew stands though the one around it fails, Nested fails alone', async () => {
    expect(results.separate).toBe('Error');
    expect(await placed('cls-outer', 'cls-separate')).toEqual([0, 1]);
    expect(await placed('cls-whole', 'cls-part-good', 'cls-part-bad')).toEqual([1, 1, 0]);
  });

  it('NotSupported runs outside: it does not see what is not committed', () => {
    expect(results.suspended).toBe(0);
  });

  it('Mandatory and Never are told the truth', () => {
    expect(results.mandatory).toEqual(['TransactionNotActiveError', 'in a transaction']);
    expect(results.never).toEqual(['in none', 'TransactionAlreadyActiveError']);
  });

  it('options reach the server, also for the injected transaction', () => {
    expect(results.isolation).toEqual({ transaction_isolation: 'serializable' });
    expect(results.late).toBe('SQL_TIMEOUT');
  });

  it('takes part in a transaction of ours', async () => {
    expect(await placed('cls-ours-good', 'cls-ours-bad')).toEqual([1, 0]);
  });

  it('falls back to the pool, and leaves nothing behind', async () => {
    expect(results.alone).toEqual([false, true]);
    expect(await placed('cls-alone')).toEqual([1]);
    expect(results.inUse).toEqual([0]);
    expect(await busySessions(cluster)).toBe(0);
  });
});
