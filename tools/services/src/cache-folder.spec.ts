import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cacheFolder, cached } from './cache-folder.js';

describe('the cache', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nest-pooling-spec-'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  const entry = (built: string[]) => ({
    name: 'thing',
    build: async (folder: string) => {
      built.push(folder);
      await writeFile(join(folder, 'a'), 'whole');
      await writeFile(join(folder, 'b'), 'whole');
    },
  });

  it('builds once', async () => {
    const built: string[] = [];
    const first = await cached(entry(built), root);
    expect(await cached(entry(built), root)).toBe(first);
    expect(built).toHaveLength(1);
    expect(readFileSync(join(first, 'a'), 'utf8')).toBe('whole');
  });

  it('is safe among builders at the same time', async () => {
    const built: string[] = [];
    const places = await Promise.all([
      cached(entry(built), root),
      cached(entry(built), root),
      cached(entry(built), root),
    ]);
    expect(new Set(places).size).toBe(1);
    expect(readFileSync(join(places[0], 'b'), 'utf8')).toBe('whole');
    expect(readdirSync(await cacheFolder(root))).toEqual(['thing']);
  });

  it('builds anew when files have gone since', async () => {
    const built: string[] = [];
    const place = await cached(entry(built), root);
    rmSync(join(place, 'a'));
    await cached(entry(built), root);
    expect(built).toHaveLength(2);
    expect(existsSync(join(place, 'a'))).toBe(true);
    expect(readdirSync(await cacheFolder(root))).toEqual(['thing']);
  });

  it('takes no notice of what a killed builder has left, and removes it', async () => {
    const folder = await cacheFolder(root);
    const left = join(folder, 'building-999999999-1-abcdef01');
    mkdirSync(join(left, 'content'), { recursive: true });
    writeFileSync(join(left, 'content', 'a'), 'half');
    // A final name without the mark of completeness.
    mkdirSync(join(folder, 'thing', 'content'), { recursive: true });
    const place = await cached(entry([]), root);
    expect(readFileSync(join(place, 'a'), 'utf8')).toBe('whole');
    expect(readdirSync(folder)).toEqual(['thing']);
  });

  it('leaves nothing of a build that fails', async () => {
    const failing = { name: 'thing', build: () => Promise.reject(new Error('no luck')) };
    await expect(cached(failing, root)).rejects.toThrow('no luck');
    expect(readdirSync(await cacheFolder(root))).toEqual([]);
  });

  it('refuses a folder that others may write to', async () => {
    await chmod(await cacheFolder(root), 0o777);
    await expect(cacheFolder(root)).rejects.toMatchObject({ code: 'SERVICES_CACHE' });
  });
});
