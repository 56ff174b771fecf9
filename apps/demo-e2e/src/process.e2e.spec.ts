import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mariadbAvailable } from '@nest-pooling/services';
import { Demo } from './demo.js';
import { processesWith } from './processes.js';
import { say } from './say.js';
import { PATIENCE_MS, until } from './until.js';

const mariadb = await mariadbAvailable();
let root: string;
let demo: Demo | undefined;

beforeAll(() => {
  // A folder for temporary files of our own, to see what is left in it; the servers' user must be able to enter.
  root = mkdtempSync(join(tmpdir(), 'nest-pooling-e2e-'));
  chmodSync(root, 0o755);
});

afterEach(async () => {
  await demo?.close();
  demo = undefined;
}, PATIENCE_MS);

afterAll(() => rmSync(root, { recursive: true, force: true }));

const start = (env: NodeJS.ProcessEnv = {}): Demo => (demo = new Demo({ TMPDIR: root, ...env }));
const dataFolders = (): string[] => readdirSync(root).filter((name) => name.startsWith('nest-pooling-pg-'));

/** The servers' processes: the postmasters name the folder's path, their children the folder. */
function servers(): string[] {
  const mark = demo?.folder || root;
  return [...new Set([...processesWith(root), ...processesWith(mark)])].filter(
    (line) => !line.includes('main.js'),
  );
}

describe('the process', () => {
  it.each<[NodeJS.Signals]>([['SIGTERM'], ['SIGINT'], ['SIGHUP']])(
    'ends with its servers at a %s, with code 0',
    async (signal) => {
      const { pid } = start();
      await demo!.ready();
      const { url } = demo!;
      expect((await demo!.get('/orders')).status).toBe(200);
      const before = servers().length;
      expect(before).toBeGreaterThan(3);
      // It is to end all kinds of servers.
      expect(servers().some((line) => line.includes('mariadbd'))).toBe(mariadb.available);
      demo!.kill(signal);
      expect(await demo!.ended()).toBe(0);
      // At once: it waited for them.
      expect(servers()).toEqual([]);
      expect(dataFolders()).toEqual([]);
      await expect(fetch(url)).rejects.toThrow('fetch failed');
      say(`${signal} to ${pid}: exit code 0, ${before} server processes before, 0 after`);
    },
    PATIENCE_MS * 2,
  );

  it(
    'takes its servers along when it is killed -9',
    async () => {
      start();
      await demo!.ready();
      const before = servers().length;
      expect(before).toBeGreaterThan(3);
      demo!.kill('SIGKILL');
      expect(await demo!.ended()).toBe('SIGKILL');
      await until('all processes had ended', () => (servers().length === 0 ? true : undefined));
      await until('its folder was gone', () => (dataFolders().length === 0 ? true : undefined));
      say(`SIGKILL: ${before} server processes before, 0 after`);
    },
    PATIENCE_MS * 3,
  );

  it(
    'leaves nothing when it is asked to end while it starts',
    async () => {
      start();
      await until('its servers were starting', () => (dataFolders().length > 0 ? true : undefined), 5);
      demo!.kill('SIGTERM');
      expect(await demo!.ended()).toBe(0);
      expect(servers()).toEqual([]);
      expect(dataFolders()).toEqual([]);
    },
    PATIENCE_MS * 2,
  );

  it(
    'says that its port is in use, and leaves nothing',
    async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      try {
        start({ PORT: String(port) });
        expect(await demo!.ended()).toBe(1);
      } finally {
        other.close();
      }
      say(`port in use: exit code 1, ${JSON.stringify(demo!.output.trim())}`);
      expect(demo!.output).toContain(`Port ${port} is in use`);
      expect(servers()).toEqual([]);
      expect(dataFolders()).toEqual([]);
    },
    PATIENCE_MS * 2,
  );

  it.each(['abc', '65536', '-1', '1.5'])(
    'refuses PORT=%s',
    async (port) => {
      start({ PORT: port });
      expect(await demo!.ended()).toBe(1);
      expect(demo!.output).toContain(`PORT must be a number from 0 (any free port) to 65535 (got "${port}")`);
    },
    PATIENCE_MS,
  );
});
