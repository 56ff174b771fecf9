import { describe, expect, it } from '@jest/globals';
import { labelKey, runInContext } from '@nest-pooling/core';
import type { StatementLogLine } from '../statement-log.js';
import { answerAll, end, handPool, outcomeOf, reads } from './pipelined.fixture.js';

describe('the query log of shared reads', () => {
  it('has a line for each, with its label and its own time, answered or not', async () => {
    const lines: StatementLogLine[] = [];
    const made = await handPool(
      {},
      { log: { level: 'statements', show: 'text', sink: (line) => lines.push(line) } },
    );
    const { driver, env, pool } = made;
    // One alone, so that the others share.
    const many = await reads(made, 2);
    const labelled = [
      runInContext(labelKey, 'a request', () => outcomeOf(pool.query('r scoped', [1, 2]))),
      outcomeOf(pool.query('r named', [], { label: 'Orders.find' })),
    ];
    await env.settle();
    const pipe = driver.pipes[0]!;
    await env.advance(30);
    pipe.answer();
    await env.settle();
    await env.advance(20);
    pipe.answer();
    pipe.fail(new Error('no'));
    await env.settle();
    expect(
      lines.map(({ statement, lane, label, parameters, code }) => [statement, lane, label, parameters, code]),
    ).toEqual([
      ['r 1', 'read', undefined, 0, undefined],
      ['r scoped', 'read', 'a request', 2, undefined],
      ['r named', 'read', 'Orders.find', 0, 'SQL_STATEMENT_FAILED'],
    ]);
    expect(lines[1]!.ms).toBeCloseTo(20, 0);
    expect(labelled[1]!.state).toBe('rejected');
    await answerAll(made);
    expect(many.map((one) => one.state)).toEqual(['fulfilled', 'fulfilled']);
    await end(made);
  });
});
