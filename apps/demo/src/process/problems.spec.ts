import { describe, expect, it } from '@jest/globals';
import { analyticsIn, platformIn, portIn, startProblem, UsageError } from './problems.js';

describe('portIn', () => {
  it.each([
    [undefined, 3_000],
    ['', 3_000],
    ['0', 0],
    ['8080', 8_080],
    ['65535', 65_535],
  ])('reads %p', (text, port) => expect(portIn(text)).toBe(port));

  it.each(['65536', '-1', '1.5', '1e3', ' 80', 'http'])('refuses %p', (text) => {
    expect(() => portIn(text)).toThrow(UsageError);
  });
});

describe('analyticsIn', () => {
  it.each([
    [undefined, 'mariadb'],
    ['', 'mariadb'],
    ['mariadb', 'mariadb'],
    ['sqlite', 'sqlite'],
  ])('reads %p', (text, choice) => expect(analyticsIn(text)).toBe(choice));

  it.each(['SQLite', 'mysql', ' sqlite'])('refuses %p', (text) => {
    expect(() => analyticsIn(text)).toThrow(UsageError);
  });
});

describe('platformIn', () => {
  it.each([
    [undefined, 'express'],
    ['', 'express'],
    ['express', 'express'],
    ['fastify', 'fastify'],
  ])('reads %p', (text, choice) => expect(platformIn(text)).toBe(choice));

  it.each(['Fastify', 'koa', ' express'])('refuses %p', (text) => {
    expect(() => platformIn(text)).toThrow(UsageError);
  });
});

describe('startProblem', () => {
  it('says what to do about a port in use', () => {
    const error = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', port: 3_000 });
    expect(startProblem(error)).toContain('Port 3000 is in use');
  });

  it('shows no stack for a mistake, and one for a surprise', () => {
    expect(startProblem(new UsageError('PORT must be …'))).toBe('PORT must be …');
    expect(startProblem(new TypeError('surprise'))).toContain('problems.spec');
    expect(startProblem('a text')).toContain('a text');
  });
});
