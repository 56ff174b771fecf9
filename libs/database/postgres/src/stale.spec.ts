import { describe, expect, it } from '@jest/globals';
import { staleness } from './stale.js';

describe('staleness', () => {
  it.each([
    ['all', { code: '26000' }],
    ['columns', { code: '0A000', routine: 'RevalidateCachedQuery' }],
    ['no', { code: '0A000', routine: 'transformDeclareCursorStmt' }],
    ['types', { code: '42804', routine: 'transformAssignedExpr' }],
    ['types', { code: '42883' }],
    ['no', { code: '42883', where: 'PL/pgSQL function f() line 3 at PERFORM' }],
    ['no', { code: '42P01' }],
    ['types', { code: '22003', where: "unnamed portal parameter $1 = '...'" }],
    ['types', { code: '22P02', where: 'unnamed portal parameter $12' }],
    ['types', { code: '22P02', where: "Parameter $3 = '...' des unbenannten Portals" }],
    ['no', { code: '22012' }],
    ['no', { code: '22012', where: 'SQL statement "SELECT 1/$1"\nPL/pgSQL function f(integer)' }],
    ['no', { code: '23505' }],
    ['no', new Error('without a code')],
  ] as const)('%s: %j', (expected, error) => {
    expect(staleness(error)).toBe(expected);
  });
});
