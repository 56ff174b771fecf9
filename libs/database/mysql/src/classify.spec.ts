import { describe, expect, it } from '@jest/globals';
import { MysqlDriver } from './driver.js';

const driver = new MysqlDriver();

describe('the classification of statements for MySQL', () => {
  it.each([
    'SELECT 1',
    'select `for update` from `insert into` where a = "x; update y"',
    'SELECT 1 -- comment; UPDATE a',
    'SELECT 1 # UPDATE a SET b = 1',
    'SELECT 5--1',
    "SELECT 'it\\'s; DROP TABLE a'",
    'WITH a AS (SELECT 1) SELECT * FROM a',
    '(SELECT 1) UNION (SELECT 2)',
    'EXPLAIN FORMAT=JSON SELECT * FROM a',
    'SELECT @@version',
    'SELECT /* plain */ /*+ MAX_EXECUTION_TIME(5) */ 1',
  ])('%s may go to a replica', (text) => expect(driver.classify(text).lane).toBe('read'));

  it.each([
    'INSERT INTO a VALUES (1)',
    'REPLACE INTO a VALUES (1)',
    'SELECT 1 /*! INTO OUTFILE "x" */',
    'SELECT 1 /*M! FOR UPDATE */',
    "SELECT * FROM a INTO OUTFILE '/tmp/x'",
    "SELECT a INTO DUMPFILE '/tmp/x' FROM b",
    'SELECT * FROM a FOR UPDATE',
    'SELECT * FROM a FOR SHARE',
    'SELECT * FROM a LOCK IN SHARE MODE',
    'SELECT last_insert_id()',
    'SELECT nextval(s)',
    'SELECT MASTER_GTID_WAIT("0-1-1", 1)',
    'CALL f()',
    'DO SLEEP(1)',
    'SHOW TABLES',
    'ANALYZE SELECT 1',
    'EXPLAIN ANALYZE SELECT 1',
    'SELECT 1; SELECT 2',
    "SELECT 'open",
  ])('%s must not', (text) => expect(driver.classify(text).lane).toBe('write'));

  it.each([
    'SET @a = 1',
    'SET NAMES latin1',
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'SELECT @a := 1',
    'SELECT a INTO @b FROM c',
    "SELECT GET_LOCK('a', 1)",
    "DO `get_lock`('a', 1)",
    'LOCK TABLES a READ',
    'FLUSH TABLES WITH READ LOCK',
    'CREATE TEMPORARY TABLE a (b int)',
    'USE other',
    'HANDLER a OPEN',
    "PREPARE p FROM 'SELECT 1'",
    "XA START 'a'",
    'CALL f()',
  ])('%s pins its session', (text) =>
    expect(driver.classify(text)).toMatchObject({ lane: 'write', pins: true }),
  );

  it.each([
    'BEGIN',
    'START TRANSACTION',
    'SET STATEMENT max_statement_time = 1 FOR SELECT 1',
    "INSERT INTO a VALUES ('@a')",
    'SELECT `@a` FROM b',
    'CREATE TABLE a (b int)',
    'SELECT @@session.sql_mode',
  ])('%s leaves nothing behind', (text) => expect(driver.classify(text).pins).toBe(false));
});
