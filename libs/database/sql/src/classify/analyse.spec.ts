import { describe, expect, it } from '@jest/globals';
import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { analyse } from './analyse.js';
import { ansiDialect, type SqlDialect } from './dialect.js';

const rich: SqlDialect = {
  ...ansiDialect,
  name: 'rich',
  dollarQuotes: true,
  backslashEscapes: 'prefixed',
  nestedComments: true,
  explains: new Set(['EXPLAIN']),
  explainOptions: new Set(['VERBOSE']),
  temporary: new Set(['TEMP', 'TEMPORARY']),
  functions: new Map([
    ['nextval', 'write'],
    ['setting', 'configures'],
    ['lock_it', 'pins'],
  ]),
  functionPrefixes: [['lo_', 'write']],
};

const mariaLike: SqlDialect = {
  ...ansiDialect,
  name: 'maria-like',
  backslashEscapes: 'always',
  backticks: true,
  doubleQuotedStrings: true,
  hashComments: true,
  dashCommentNeedsSpace: true,
  executableComments: true,
  sessionVariables: true,
};

const oracleLike: SqlDialect = {
  ...ansiDialect,
  name: 'oracle-like',
  alternativeQuotes: true,
  namedParameters: true,
  writeWords: new Set(['NEXTVAL']),
};

const SCRAPS = [
  ...`' " \` $$ $a$ $ /* */ -- # \\ E' q'[ ( ) [ ] ; , ? $1 :a @ @@ 1e . SELECT INTO WITH DELETE SET CREATE`.split(
    ' ',
  ),
  ...'TEMP values in EXPLAIN setting TRUE FOR UPDATE \u0000 \ud800 é'.split(' '),
  '\n',
  ' ',
];
const scraps = array(oneof(constantFrom(...SCRAPS), string({ unit: 'binary', maxLength: 6 })), {
  maxLength: 40,
});

const everyDialect = [ansiDialect, rich, mariaLike, oracleLike];

const lane = (text: string): string => analyse(text, mariaLike).lane;

describe('analyse', () => {
  it.each([
    'SELECT 1',
    '  select 1 ;; ',
    'VALUES (1), (2)',
    'TABLE orders',
    '/* a /* nested */ comment */ SELECT 1 -- done',
    '(SELECT 1) UNION ALL (SELECT 2)',
    'WITH a AS (SELECT 1), b AS MATERIALIZED (VALUES (2)) SELECT * FROM a, b',
    "SELECT ';', 'INSERT INTO a', \"into\", $$; DELETE FROM a$$, $x$ $$ ; $x$",
    "SELECT E'it\\'s; DELETE FROM a' FROM b",
    'SELECT p.update, p.delete, p.into FROM permissions p',
    'SELECT update FROM permissions',
    "SELECT substring('abc' FROM 1 FOR 2)",
    'EXPLAIN SELECT 1',
    'EXPLAIN VERBOSE SELECT 1',
    'EXPLAIN (VERBOSE, COSTS off) SELECT 1',
    'EXPLAIN (SELECT 1)',
    'SELECT unknown_function(1)',
    'SELECT "nextval" FROM t',
  ])('reads: %s', (text) => {
    expect(analyse(text, rich)).toMatchObject({ lane: 'read', pins: false, statements: 1 });
  });

  it.each([
    ['', 0],
    [' -- nothing', 0],
    ['INSERT INTO a VALUES (1)', 1],
    ['SELECT 1; SELECT 2', 2],
    ['SELECT 1; DELETE FROM a', 2],
    ['SELECT * INTO b FROM a', 1],
    ['SELECT * FROM a FOR UPDATE', 1],
    ['SELECT * FROM a FOR NO KEY UPDATE', 1],
    ['SELECT * FROM a FOR SHARE', 1],
    ['SELECT * FROM (SELECT * FROM a FOR KEY SHARE) b', 1],
    ['SELECT * FROM a LOCK IN SHARE MODE', 1],
    ['WITH a AS (INSERT INTO b VALUES (1) RETURNING *) SELECT * FROM a', 1],
    ['WITH a AS NOT MATERIALIZED (/* x */ DELETE FROM b RETURNING *) SELECT * FROM a', 1],
    ['WITH a AS (SELECT 1) UPDATE b SET c = 1', 1],
    ['WITH a AS (SELECT 1) MERGE INTO b USING a ON true WHEN MATCHED THEN DELETE', 1],
    ['WITH RECURSIVE a AS (SELECT 1) SEARCH DEPTH FIRST BY x SET y DELETE FROM b', 1],
    ["SELECT nextval('s')", 1],
    ["SELECT public.nextval /* here */ ('s')", 1],
    ['SELECT "nextval"(1)', 1],
    ['SELECT lo_import(1)', 1],
    ['EXPLAIN ANALYZE SELECT 1', 1],
    ['EXPLAIN (COSTS, ANALYZE) SELECT 1', 1],
    ['EXPLAIN DELETE FROM a', 1],
    ['EXPLAIN', 1],
    ['SHOW ALL', 1],
    ['CALL work()', 1],
    ["SELECT 'open", 1],
    ['SELECT "open', 1],
    ['SELECT $x$ open $y$', 1],
    ['SELECT /* open /* */', 1],
    ['SELECT (1', 1],
    ['SELECT 1)', 1],
    ['SELECT 1) (', 1],
    ["SELECT E'a'\n'b\\'; DELETE FROM a' FROM c", 1],
    ['$1', 1],
  ])('writes: %s', (text, statements) => {
    const answer = analyse(text, rich);
    // The string that goes on over a newline is one statement and a read: escapes hold in its second half.
    expect(answer.lane).toBe(text.startsWith("SELECT E'a'") ? 'read' : 'write');
    expect(answer.statements).toBe(statements);
  });

  it.each([
    ['SET a = 1', true],
    ['SET TRANSACTION READ ONLY', false],
    ['SET', true],
    ['BEGIN', true],
    ['BEGIN; SELECT 1; COMMIT', true],
    ['SELECT 1; SET CONSTRAINTS ALL DEFERRED', false],
    ['CREATE OR REPLACE TEMP VIEW a AS SELECT 1', true],
    ['CREATE TABLE a AS SELECT temp FROM b', false],
    ['CREATE TABLE a (temp int)', false],
    ['SELECT * INTO TEMPORARY b FROM a', true],
    ['SELECT * INTO LOCAL TEMP b FROM a', true],
    ['SELECT temp FROM a', false],
    ['SELECT lock_it(1)', true],
    ['INSERT INTO a SELECT lock_it(1)', true],
    ["SELECT setting('a', 'b', false)", true],
    ["SELECT setting('a', lower('B'), true)", false],
    ["SELECT setting('a', setting('b', 'c', false), true)", true],
    ["SELECT setting('a', 'b', $1)", true],
    ["SELECT setting('a', 'b'; SELECT true)", true],
    ['UPDATE a SET b = 1', false],
  ])('pins: %s (%s)', (text, pins) => {
    expect(analyse(text, rich).pins).toBe(pins);
  });

  it('reads the text of MySQL by its own rules', () => {
    expect(lane("SELECT 'it\\'s; DELETE' # comment; DELETE\n FROM a")).toBe('read');
    expect(lane('SELECT "a; b", `c; d`')).toBe('read');
    expect(lane('SELECT 1--1')).toBe('read');
    expect(analyse('SELECT 1 --; DELETE', mariaLike).statements).toBe(2);
    expect(analyse('SELECT 1 -- ; DELETE', mariaLike).statements).toBe(1);
    expect(lane('SELECT /*! 1 INTO OUTFILE "x" */ 1')).toBe('write');
    expect(analyse('SELECT @a := 1', mariaLike)).toMatchObject({ lane: 'write', pins: true });
    expect(analyse('SELECT @@version', mariaLike)).toMatchObject({ lane: 'read', pins: false });
  });

  it('reads the text of Oracle by its own rules', () => {
    const read = "SELECT q'[it's; DELETE]' FROM dual WHERE a = :name";
    expect(analyse(read, oracleLike)).toMatchObject({ lane: 'read', statements: 1 });
    expect(analyse('SELECT ids.NEXTVAL FROM dual', oracleLike).lane).toBe('write');
    expect(analyse("SELECT q'[open", oracleLike).lane).toBe('write');
  });

  it('answers to any text, and alike each time', () => {
    assert(
      property(scraps, constantFrom(...everyDialect), (parts, dialect) => {
        const text = parts.join('');
        const answer = analyse(text, dialect);
        expect(analyse(text, dialect)).toEqual(answer);
        expect(answer.fingerprint.length).toBeLessThanOrEqual(2 * text.length + 2_100);
        expect(answer.lane === 'write' || answer.statements === 1).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('never takes a text for a read when a write stands in it outside strings and comments', () => {
    const noise = constantFrom("'a'", '/* b */', '$x$ c $x$', '"d"', ' ', '\n', '-- e\n', "E'\\''");
    const write = constantFrom('; DELETE FROM a', '; SELECT 2', ' FOR UPDATE', ' INTO b', ", nextval('s')");
    assert(
      property(array(noise), write, array(noise), (before, part, after) => {
        const text = `SELECT 1 ${before.join(' ')} ${part} ${after.join(' ')}`;
        expect(analyse(text, rich).lane).toBe('write');
        const without = `SELECT 1 ${before.join(' ')} ${after.join(' ')}`;
        expect(analyse(without, rich).lane).toBe('read');
      }),
    );
  });

  it('takes time in proportion to the text', () => {
    const row = "(1, 'a', now()),\n";
    for (const text of [
      `INSERT INTO a VALUES ${row.repeat(20_000)}(1)`,
      `SELECT * FROM a WHERE b IN (${'$1, '.repeat(50_000)} 1)`,
      '('.repeat(100_000),
      '/*'.repeat(100_000),
      '$a'.repeat(100_000),
    ]) {
      expect(analyse(text, rich).fingerprint.length).toBeLessThan(5_000);
    }
  });
});
