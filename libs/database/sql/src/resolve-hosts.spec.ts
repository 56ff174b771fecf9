import { describe, expect, it } from '@jest/globals';
import { resolveHosts } from './resolve-hosts.js';

describe('the addresses of hosts', () => {
  it('are those that a name stands for', async () => {
    expect(await resolveHosts(['localhost'])).toMatch(/127\.0\.0\.1|::1/);
    expect(await resolveHosts(['localhost'])).toBe(await resolveHosts(['localhost']));
  });

  it('are nobody’s business where there is no name', async () => {
    expect(await resolveHosts(['127.0.0.1', '::1', '/run/postgresql'])).toBeUndefined();
  });

  it('are told for each name, beside what needs no resolver', async () => {
    const both = await resolveHosts(['localhost', '10.0.0.1', 'localhost']);
    expect(both!.split(' ')).toHaveLength(2);
  });

  it('reject for a name that does not exist', async () => {
    await expect(resolveHosts(['nobody.invalid'])).rejects.toThrow(/nobody\.invalid/);
  });
});
