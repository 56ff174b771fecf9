import { describe, expect, it } from '@jest/globals';
import { Outbox } from './outbox.js';
import { PreparedStatements } from './prepared-statements.js';

/** The codes of the messages that were written, in order. */
function written(outbox: Outbox): string {
  const bytes = outbox.take();
  let codes = '';
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    codes += String.fromCharCode(bytes[at]!);
  }
  return codes;
}

function prepare(statements: PreparedStatements, outbox: Outbox, name: string): void {
  const statement = statements.find(name, `SELECT ${name}`)!;
  statements.prepare(statement, outbox);
  statement.knowledge = 'known';
}

describe('PreparedStatements', () => {
  it('finds what it has by name, and tells when a name stands for another text', () => {
    const statements = new PreparedStatements(2);
    const one = statements.find('a', 'SELECT 1');
    expect(one).toMatchObject({ knowledge: 'unknown' });
    expect(statements.find('a', 'SELECT 1')).toBe(one);
    expect(statements.find('a', 'SELECT 2')).toBeUndefined();
  });

  it('closes the one used least recently for a new one', () => {
    const statements = new PreparedStatements(2);
    const outbox = new Outbox();
    prepare(statements, outbox, 'a');
    prepare(statements, outbox, 'b');
    expect(written(outbox)).toBe('PP');
    statements.find('a', 'SELECT a');
    prepare(statements, outbox, 'c');
    expect(written(outbox)).toBe('CP');
    expect(statements.size).toBe(2);
    expect(statements.find('b', 'SELECT another')).toBeDefined();
  });

  it('gives names that are too long for the server others, each its own', () => {
    const statements = new PreparedStatements(2);
    const [a, b] = ['a', 'b'].map((end) => statements.find(`${'é'.repeat(40)}${end}`, `SELECT '${end}'`)!);
    expect(a!.name).not.toBe(b!.name);
    expect(a!.name.length).toBeLessThan(64);
    expect(statements.find(a!.given, a!.text)).toBe(a);
    expect(statements.find('x'.repeat(63), 'SELECT 1')!.name).toBe('x'.repeat(63));
    statements.prepare(statements.find('c', 'SELECT 3')!, new Outbox());
    expect(statements.size).toBe(3);
    expect(statements.find(b!.given, 'SELECT another')).toBeDefined();
  });

  it('never closes one whose preparing is under way', () => {
    const statements = new PreparedStatements(1);
    const outbox = new Outbox();
    for (const name of ['a', 'b']) statements.prepare(statements.find(name, 'SELECT 1')!, outbox);
    expect(written(outbox)).toBe('PP');
  });

  it('gives names that the server would cut, and take for one, names of its own', () => {
    const statements = new PreparedStatements(4);
    const nameOf = (name: string): string => statements.find(name, 'SELECT 1')!.name;
    const fits = 'ä'.repeat(31);
    expect(nameOf(fits)).toBe(fits);
    const long = ['a', 'b', 'a'].map((end) => nameOf(`${'x'.repeat(63)}${end}`));
    expect(long).toEqual(['nest_pooling_1', 'nest_pooling_2', 'nest_pooling_1']);
    expect(nameOf('nest_pooling_1')).toBe('nest_pooling_3');
    expect(nameOf('a\0b')).toBe('nest_pooling_4');
  });

  it('knows which statements always return the same columns', () => {
    const statements = new PreparedStatements(9);
    const fixed = (text: string): boolean => statements.find(text, text)!.fixed;
    expect(['select 1', '\n INSERT INTO t VALUES (1)', 'With a AS (SELECT 1) TABLE a'].map(fixed)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['FETCH ALL FROM c', 'EXECUTE p', 'SHOW work_mem', 'selection'].map(fixed)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('closes what is doubtful before it prepares it again, and knows nothing of it', () => {
    const statements = new PreparedStatements(4);
    const outbox = new Outbox();
    prepare(statements, outbox, 'a');
    written(outbox);
    const statement = statements.find('a', 'SELECT a')!;
    statement.columns = [];
    statements.forgetAll();
    expect(statement.knowledge).toBe('doubtful');
    statements.prepare(statement, outbox);
    expect(written(outbox)).toBe('CP');
    expect(statement).toMatchObject({ knowledge: 'asked', columns: undefined });
  });
});
