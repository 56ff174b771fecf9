import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DATA_PREFIX, sweepStaleFolders } from './data-folder.js';
import { processStart } from './processes.js';

describe('sweeping', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nest-pooling-spec-'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  const place = () => {
    try {
      return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
    } catch {
      return hostname();
    }
  };

  const folder = (name: string, owner?: object) => {
    const path = join(root, name);
    mkdirSync(join(path, 'primary'), { recursive: true });
    if (owner !== undefined) writeFileSync(join(path, 'owner.json'), JSON.stringify(owner));
    return path;
  };

  it('removes folders of dead owners only', async () => {
    const alive = folder(`${DATA_PREFIX}alive`, {
      pid: process.pid,
      start: processStart(process.pid),
      place: place(),
    });
    const dead = folder(`${DATA_PREFIX}dead`, { pid: 999_999_999, start: '1', place: place() });
    const reused = folder(`${DATA_PREFIX}reused`, { pid: process.pid, start: '1', place: place() });
    const elsewhere = folder(`${DATA_PREFIX}elsewhere`, {
      pid: 999_999_999,
      start: '1',
      place: 'another machine',
    });
    const foreign = folder('something-else', { pid: 999_999_999, start: '1', place: place() });
    expect((await sweepStaleFolders(undefined, root)).toSorted()).toEqual([dead, reused]);
    expect([alive, dead, reused, elsewhere, foreign].map((path) => existsSync(path))).toEqual([
      true,
      false,
      false,
      true,
      true,
    ]);
  });

  it('removes a folder without an owner only when it is old and empty', async () => {
    const full = folder(`${DATA_PREFIX}full`);
    const fresh = join(root, `${DATA_PREFIX}fresh`);
    const old = join(root, `${DATA_PREFIX}old`);
    mkdirSync(fresh);
    mkdirSync(old);
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const path of [full, old]) utimesSync(path, longAgo, longAgo);
    expect(await sweepStaleFolders(undefined, root)).toEqual([old]);
    expect([full, fresh].map((path) => existsSync(path))).toEqual([true, true]);
  });
});
