import { describe, expect, it } from '@jest/globals';
import { assert, property, string } from 'fast-check';
import { beginsWithCopy, copiedQuery, copyDirection, refuseCopy } from './copy-text.js';

describe('copyDirection', () => {
  it.each([
    ['COPY t FROM STDIN', 'in'],
    ['copy "from stdin" (a, b) from stdin with (format csv)', 'in'],
    [' -- to stdout\n COPY public.t (a)\n FROM /* x */ STDIN;', 'in'],
    ['COPY t FROM STDIN WHERE a > 3', 'in'],
    ['COPY BINARY t TO STDOUT', 'out'],
    ['COPY (SELECT a FROM stdin) TO STDOUT', 'out'],
    ["COPY (SELECT ') FROM stdin', $x$ FROM STDIN $x$) TO stdout WITH CSV", 'out'],
    // The server takes these for the same.
    ['COPY t FROM STDOUT', 'in'],
    ['COPY t TO STDIN', 'out'],
    ["COPY t FROM '/tmp/stdin'", undefined],
    ["COPY (SELECT * FROM stdin) TO '/tmp/x'", undefined],
    ["COPY t TO PROGRAM 'cat > /dev/stdout'", undefined],
    ['COPY "t" (stdin) FROM \'x\'', undefined],
    ['SELECT 1; COPY t FROM STDIN', undefined],
    ["COPY t FROM 'x'; COPY t FROM STDIN", undefined],
    ['SELECT copy FROM stdin', undefined],
    ['COPY', undefined],
    ['', undefined],
  ] as const)('of %j is %s', (text, direction) => {
    expect(copyDirection(text)).toBe(direction);
    // What talks to the client is never taken for another statement.
    expect(direction === undefined || beginsWithCopy(text)).toBe(true);
  });

  it('takes any text', () => {
    assert(
      property(
        string({ unit: 'binary' }),
        (text) => void [copyDirection(`COPY ${text}`), copiedQuery(text), beginsWithCopy(text)],
      ),
    );
    expect(beginsWithCopy(`/*${' '.repeat(100_000)}`)).toBe(false);
  });
});

describe('beginsWithCopy', () => {
  it.each(['copy t', 'COPY(', '  \n\tCopy t', '-- a\n--b\ncopy t', '/* copy */ copy t', '/**/copy'])(
    '%j does',
    (text) => {
      expect(beginsWithCopy(text)).toBe(true);
    },
  );

  it.each(['copyright', 'select copy', '-- copy', '/* copy */ select', 'create table copy ()', '(copy)', ''])(
    '%j does not',
    (text) => {
      expect(beginsWithCopy(text)).toBe(false);
    },
  );
});

describe('copiedQuery', () => {
  it.each([
    ['COPY (SELECT f(a, (b)) FROM t) TO STDOUT', 'SELECT f(a, (b)) FROM t'],
    ["copy(values (')'))to stdout", "values (')')"],
    ['COPY t (a) TO STDOUT', undefined],
    ['COPY (SELECT 1', undefined],
  ])('of %j', (text, query) => {
    expect(copiedQuery(text)).toBe(query);
  });
});

describe('refuseCopy', () => {
  it('names what to use instead', () => {
    expect(() => refuseCopy('n', 'COPY t FROM STDIN')).toThrow(
      /n: .* nothing was sent\. .*copyFrom\(pool, text, source\)/,
    );
    expect(() => refuseCopy('n', 'COPY t TO STDOUT')).toThrow(/copyTo\(pool, text\)/);
    expect(() => refuseCopy('n', "COPY t FROM '/x'")).not.toThrow();
  });
});
