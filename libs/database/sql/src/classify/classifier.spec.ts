import { describe, expect, it } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { StatementClassifier } from './classifier.js';
import { ansiDialect } from './dialect.js';

const make = (): unknown => new StatementClassifier(ansiDialect, { cacheSize: -1, maxCachedLength: 1.5 });

describe('StatementClassifier', () => {
  it('remembers answers', () => {
    const classifier = new StatementClassifier(ansiDialect);
    expect(classifier.classify('SELECT 1')).toBe(classifier.classify('SELECT 1'));
    expect(classifier.classify('SELECT 1')).toEqual({
      lane: 'read',
      pins: false,
      fingerprint: 'select ?',
      statements: 1,
    });
  });

  it('forgets the oldest answers first and never holds more than it may', () => {
    const classifier = new StatementClassifier(ansiDialect, { cacheSize: 3 });
    const first = classifier.classify('SELECT 0');
    for (let i = 1; i <= 3; i++) classifier.classify(`SELECT ${i}`);
    const third = classifier.classify('SELECT 3');
    expect(classifier.cached).toBe(3);
    expect(classifier.classify('SELECT 3')).toBe(third);
    expect(classifier.classify('SELECT 0')).not.toBe(first);
    expect(classifier.cached).toBe(3);
  });

  it('does not remember texts that are longer than allowed', () => {
    const classifier = new StatementClassifier(ansiDialect, { maxCachedLength: 10 });
    classifier.classify('SELECT 123456');
    expect(classifier.cached).toBe(0);
    const none = new StatementClassifier(ansiDialect, { cacheSize: 0 });
    none.classify('SELECT 1');
    expect(none.cached).toBe(0);
  });

  it('refuses wrong options, all at once', () => {
    expect(make).toThrow(OptionsError);
    expect(make).toThrow(/cacheSize.*\n.*maxCachedLength/);
  });
});
