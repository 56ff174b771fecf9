import { describe, expect, it } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { assert, dictionary, oneof, property, string } from 'fast-check';
import { analyse } from './classify/analyse.js';
import { ansiDialect } from './classify/dialect.js';
import { Comments, type CommentOptions } from './comments.js';
import { bench } from './model.fixture.js';
import type { SqlSession, Statement } from './driver.js';
import { ModelSession } from './testing/index.js';

const sent = (options: CommentOptions, statement: Statement): string =>
  new Comments(options).textOf(statement);

describe('tags on statements', () => {
  it('stand at the end, sorted and encoded as sqlcommenter wants them', () => {
    const options = {
      static: { route: '/orders/:id', application: 'shop', none: undefined, copy: 2 },
      dynamic: () => ({ traceparent: '00-5bd66ef5-01', 'a key': "it's" }),
    };
    expect(sent(options, { text: 'SELECT 1' })).toBe(
      "SELECT 1 /*a%20key='it%27s',application='shop',copy='2',route='%2Forders%2F%3Aid',traceparent='00-5bd66ef5-01'*/",
    );
  });

  it('of the moment win over static ones, and stay away from statements that are prepared', () => {
    let calls = 0;
    const options = { static: { a: '1', b: '1' }, dynamic: () => ({ b: String(++calls) }) };
    const comments = new Comments(options);
    expect(comments.textOf({ text: 'x' })).toBe("x /*a='1',b='1'*/");
    expect(comments.textOf({ text: 'x' })).toBe("x /*a='1',b='2'*/");
    for (let n = 0; n < 3; n++) expect(comments.textOf({ text: 'x', name: 'n' })).toBe("x /*a='1',b='1'*/");
    expect(calls).toBe(2);
  });

  it('are left out where there are none, where they fail, and where a comment stands already', () => {
    const failing = (): never => {
      throw new Error('no scope');
    };
    expect(sent({}, { text: 'x' })).toBe('x');
    expect(sent({ dynamic: () => undefined }, { text: 'x' })).toBe('x');
    expect(sent({ dynamic: () => ({}) }, { text: 'x' })).toBe('x');
    expect(sent({ static: { a: '1' }, dynamic: failing }, { text: 'x' })).toBe("x /*a='1'*/");
    for (const text of ['/*+ hint */ x', 'x -- y', "SELECT '/*'", 'x /*']) {
      expect(sent({ static: { a: '1' } }, { text })).toBe(text);
    }
  });

  it('are a comment to the server, whatever they hold', () => {
    const values = oneof(string({ unit: 'binary' }), string({ unit: 'grapheme' }));
    const evil = "*/; DROP TABLE a; /*' \\' -- \u0000 \ud800";
    assert(
      property(dictionary(values, values, { minKeys: 1 }), values, (tags, value) => {
        const text = sent(
          { static: { evil, ...tags }, dynamic: () => ({ value }) },
          { text: 'SELECT a FROM b' },
        );
        const comment = text.slice('SELECT a FROM b '.length);
        expect(comment).toMatch(/^\/\*([\w.%-]+='[\w.%-]*',?)+\*\/$/);
        expect(analyse(text, ansiDialect)).toEqual(analyse('SELECT a FROM b', ansiDialect));
      }),
    );
  });

  it('refuse what cannot be a tag', async () => {
    const comment = { static: { '': 'x', a: {} }, dynamic: 'route', tags: {} } as never;
    const making = bench({}, { comment });
    await expect(making).rejects.toBeInstanceOf(OptionsError);
    await expect(making).rejects.toThrow(
      /comment\.tags.*\n.*comment\.dynamic.*\n.*without a name\n.*comment\.static\.a/,
    );
  });

  it('are on every statement of a caller, and on none of ours', async () => {
    const texts: string[] = [];
    const { execute, stream } = ModelSession.prototype;
    const note = function (this: SqlSession, statement: Statement): ReturnType<typeof execute> {
      texts.push(statement.text);
      return execute.call(this as ModelSession, statement);
    };
    ModelSession.prototype.execute = note;
    ModelSession.prototype.stream = function (this: ModelSession, statement, batch) {
      texts.push(statement.text);
      return stream.call(this, statement, batch);
    };
    try {
      const { pool, run } = await bench({ min: 0, max: 1 }, { comment: { static: { app: 'a' } } });
      await run(pool.query('select a'));
      await run(
        pool.transaction(async (tx) => {
          await tx.query('insert a 1');
          await tx.transaction((part) => part.query('select a'));
        }),
      );
      await run(pool.stream('select b')[Symbol.asyncIterator]().next());
      const tagged = texts.filter((text) => text.endsWith(" /*app='a'*/"));
      // A stream asks its session for the same once more.
      expect(new Set(tagged.map((text) => text.slice(0, 8)))).toEqual(
        new Set(['select a', 'insert a', 'select b']),
      );
      for (const text of ['BEGIN', 'commit', 'SAVEPOINT np_1', 'RELEASE SAVEPOINT np_1'])
        expect(texts).toContain(text);
    } finally {
      Object.assign(ModelSession.prototype, { execute, stream });
    }
  });
});
