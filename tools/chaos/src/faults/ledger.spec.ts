import { describe, expect, test } from '@jest/globals';
import type { SqlPool } from '@nest-pooling/sql';
import { Ledger } from './ledger.js';

function server(rows: { id: number; n: number }[]): SqlPool {
  return { query: () => Promise.resolve({ rows }) } as unknown as SqlPool;
}

describe('Ledger', () => {
  test('finds what was promised and is not there, what is there though nobody may count on it, halves and doubles', async () => {
    const ledger = new Ledger();
    for (let n = 0; n < 6; n++) ledger.next();
    ledger.tell(1, 'done', 1);
    ledger.tell(2, 'not done', 1);
    ledger.tell(3, 'done', 2);
    ledger.tell(4, 'done', 1);
    ledger.tell(5, 'unknown', 1);
    ledger.tell(6, 'unknown', 2);
    const there = [
      { id: 2, n: 1 },
      { id: 3, n: 1 },
      { id: 4, n: 2 },
      { id: 5, n: 1 },
    ];
    expect(await ledger.audit(server(there))).toEqual({ lost: 1, phantom: 1, torn: 1, doubled: 1 });
    expect(ledger.count('unknown')).toBe(2);
  });

  test('is content when everything is as it was told', async () => {
    const ledger = new Ledger();
    ledger.tell(1, 'done', 1);
    ledger.tell(2, 'not done', 2);
    ledger.tell(3, 'unknown', 2);
    expect(await ledger.audit(server([{ id: 1, n: 1 }]))).toEqual({
      lost: 0,
      phantom: 0,
      torn: 0,
      doubled: 0,
    });
  });
});
