import { describe, expect, it } from '@jest/globals';
import { HandDriver } from './hand-driver.fixture.js';
import { StatementBook } from './statement-book.js';

function named(book: StatementBook, text: string, options?: { name?: string }): string | undefined {
  return book.statement(book.profile(text), text, undefined, options).name;
}

describe('StatementBook', () => {
  it('prepares what comes often, under a name of its own for each text', () => {
    const book = new StatementBook(new HandDriver(), 2);
    const names = Array.from({ length: 4 }, () => named(book, 'select 1'));
    expect(names).toEqual([undefined, undefined, 'np_1', 'np_1']);
    for (let n = 0; n < 3; n++) named(book, 'select 2');
    expect(named(book, 'select 2')).toBe('np_2');
    expect(named(book, 'select 1')).toBe('np_1');
  });

  it('leaves the name that a caller gives, and counts it for nothing', () => {
    const book = new StatementBook(new HandDriver(), 0);
    expect(named(book, 'select 1', { name: 'mine' })).toBe('mine');
    expect(named(book, 'select 1', {})).toBe('np_1');
  });

  it('prepares nothing by default, nothing that pins or that a server cannot prepare, no very long texts', () => {
    expect(named(new StatementBook(new HandDriver()), 'select 1')).toBeUndefined();
    const book = new StatementBook(new HandDriver(), 0);
    for (const text of ['pin', 'vacuum', 'begin', `select ${'x'.repeat(10_000)}`]) {
      expect(named(book, text)).toBeUndefined();
    }
    expect(named(book, 'insert a')).toBe('np_1');
  });

  it('knows the lane of a text, and shares what it learns among texts of one fingerprint', () => {
    const book = new StatementBook(new HandDriver());
    expect(book.profile('write a')).toMatchObject({ lane: 'write', pins: false });
    expect(book.profile('select 1')).toBe(book.profile('select 1'));
    book.profile('select 1').pace.took(100);
    expect(book.profile('select 2').pace.slow).toBe(true);
    expect(book.profile('other 2').pace.slow).toBe(false);
  });

  it('forgets the oldest of 2,000 texts, and does not keep long ones', () => {
    const book = new StatementBook(new HandDriver());
    const first = book.profile('select 0');
    for (let n = 1; n < 2_000; n++) book.profile(`select ${n}`);
    expect(book.profile('select 0')).toBe(first);
    book.profile('select 2000');
    expect(book.profile('select 0')).not.toBe(first);
    const long = `select ${'x'.repeat(10_000)}`;
    expect(book.profile(long)).not.toBe(book.profile(long));
  });
});
