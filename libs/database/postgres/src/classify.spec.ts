import { describe, expect, it } from '@jest/globals';
import { PostgresDriver } from './driver.js';

const driver = new PostgresDriver();

describe('classification of Postgres statements', () => {
  it.each([
    'SELECT * FROM orders WHERE id = $1',
    "SELECT data ? 'key', data -> 'a' #>> '{b}' FROM docs",
    "SELECT E'\\'; DELETE FROM a', $fn$ INSERT $fn$, U&'d\\0061t'",
    '/* outer /* inner */ still */ SELECT 1',
    'WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT n FROM t) SELECT * FROM t',
    '(SELECT 1 LIMIT 1) UNION (VALUES (2))',
    'TABLE orders',
    'EXPLAIN (COSTS off, FORMAT json) SELECT 1',
    "SELECT pg_sleep(1), now(), txid_current_snapshot(), my_function('x')",
    'SELECT string_agg(x, $1) FILTER (WHERE y) OVER (PARTITION BY z) FROM t',
    "SELECT substring('a' FROM 1 FOR 2), 1 AS update",
  ])('reads: %s', (text) => {
    expect(driver.classify(text)).toMatchObject({ lane: 'read', pins: false });
  });

  it.each([
    ["SELECT nextval('s')", false],
    ["SELECT setval('s', 1)", false],
    ["SELECT pg_catalog.nextval('s')", false],
    ['SELECT lastval()', false],
    ['SELECT pg_advisory_lock(1)', true],
    ['SELECT pg_try_advisory_lock_shared(1)', true],
    ['SELECT pg_advisory_unlock(1)', true],
    ['SELECT PG_ADVISORY_XACT_LOCK(1)', false],
    ["SELECT set_config('a', 'b', false)", true],
    ["SELECT set_config('a', 'b', true)", false],
    ["SELECT pg_notify('c', 'p')", false],
    ['SELECT lo_create(0)', false],
    ["SELECT * FROM dblink('host=x', 'DELETE FROM a') AS t(a int)", false],
    ['SELECT pg_switch_wal()', false],
    ['SELECT pg_create_restore_point($1)', false],
    ['SELECT * FROM orders FOR NO KEY UPDATE SKIP LOCKED', false],
    ['SELECT * INTO TEMP mine FROM orders', true],
    ['WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone', false],
    ['EXPLAIN ANALYZE SELECT 1', false],
    ['SHOW search_path', false],
    ['SET search_path = a', true],
    ['SET LOCAL search_path = a', false],
    ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', false],
    ['SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY', true],
    ['RESET ALL', true],
    ['PREPARE p AS SELECT 1', true],
    ["PREPARE TRANSACTION 'p'", false],
    ['DEALLOCATE p', true],
    ['DECLARE c CURSOR WITH HOLD FOR SELECT 1', true],
    ['LISTEN a', true],
    ['UNLISTEN *', true],
    ["LOAD 'lib'", true],
    ['DISCARD ALL', true],
    ['BEGIN', true],
    ['START TRANSACTION', true],
    ['CREATE TEMP TABLE a (b int)', true],
    ['CREATE OR REPLACE TEMPORARY VIEW a AS SELECT 1', true],
    ['CREATE TABLE pg_temp.a (b int)', true],
    ['CREATE TABLE a (b int)', false],
    ['LOCK TABLE a', false],
    ['DO $$ BEGIN PERFORM 1; END $$', false],
    ['COPY a FROM STDIN', false],
    ['CALL p()', false],
    ['SELECT 1; SELECT 2', false],
  ])('goes to the primary: %s (pins: %s)', (text, pins) => {
    expect(driver.classify(text)).toMatchObject({ lane: 'write', pins });
  });

  it('gives statements that differ in values one fingerprint', () => {
    const { fingerprint } = driver.classify("SELECT * FROM a WHERE b IN ($1, $2) AND c = E'x'");
    expect(fingerprint).toBe('select * from a where b in(?) and c = ?');
    expect(driver.classify("select * from a where b in (1) and c = 'y'").fingerprint).toBe(fingerprint);
  });
});
