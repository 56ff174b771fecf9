import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { portIsFree } from './free-port.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface Up {
  readonly folder: string;
  readonly nodes: readonly { readonly name: string; readonly port: number }[];
}

describe('npm run services', () => {
  const children: ChildProcess[] = [];

  beforeAll(() => {
    const compiler = here('../../../node_modules/@typescript/native/bin/tsc');
    execFileSync(process.execPath, [compiler, '-b', here('../tsconfig.lib.json')]);
  }, 120_000);

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const cli = (...words: string[]) => {
    const child = spawn(process.execPath, [here('../dist/cli.js'), ...words], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, lines };
  };

  const next = async <T>(lines: AsyncIterator<string>): Promise<T> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('The program ended without an answer.');
    return JSON.parse(line.value) as T;
  };

  const expectGone = async ({ folder, nodes }: Up) => {
    expect(existsSync(folder)).toBe(false);
    expect(await Promise.all(nodes.map(({ port }) => portIsFree(port)))).toEqual(nodes.map(() => true));
  };

  it('starts a cluster, does what is typed, and ends by "quit"', async () => {
    const { child, lines } = cli('up', '--replicas', '1', '--json');
    const up = await next<Up>(lines);
    expect(up.nodes.map((node) => node.name)).toEqual(['primary', 'replica-1']);
    const say = (line: string) => {
      child.stdin?.write(`${line}\n`);
      return next<{ ok: boolean; message: string; nodes?: { state: string; role: string }[] }>(lines);
    };
    const killed = await say('kill replica-1');
    expect(killed.nodes?.[1]).toMatchObject({ state: 'killed', role: 'unknown' });
    expect(await say('restart replica-1')).toMatchObject({ ok: true, message: 'replica-1 runs again.' });
    expect(await say('lag replica-1 800')).toMatchObject({ ok: true });
    expect(await say('lag replica-1 soon')).toMatchObject({ ok: false, code: 'SERVICES_OPTIONS' });
    expect(await say('kill nobody')).toMatchObject({
      ok: false,
      message: expect.stringContaining('primary, replica-1'),
    });
    expect(await say('dance')).toMatchObject({ ok: false, message: expect.stringContaining('help, quit') });
    const promoted = await say('promote replica-1');
    expect(promoted.nodes?.[1]).toMatchObject({ role: 'primary' });
    child.stdin?.write('quit\n');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    await expectGone(up);
  }, 120_000);

  it('does the same with MariaDB', async () => {
    const { child, lines } = cli('up', '--mariadb', '--replicas', '1', '--json');
    const up = await next<Up & { version: string }>(lines);
    expect(up.version).toMatch(/^MariaDB \d/);
    const say = (line: string) => {
      child.stdin?.write(`${line}\n`);
      return next<{ ok: boolean; message: string; nodes?: { role: string; url: string }[] }>(lines);
    };
    expect(await say('lag replica-1 800')).toMatchObject({ ok: false, code: 'SERVICES_OPTIONS' });
    expect(await say('lag replica-1 1000')).toMatchObject({ ok: true });
    await say('kill primary');
    const promoted = await say('promote replica-1');
    expect(promoted.nodes?.[1]).toMatchObject({ role: 'primary', url: expect.stringMatching(/^mysql:/) });
    expect(await say('repoint')).toMatchObject({ message: 'primary follows replica-1.' });
    child.stdin?.write('quit\n');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    await expectGone(up);
  }, 120_000);

  it.each(['SIGINT', 'SIGTERM', 'end of input'] as const)(
    'ends by %s with every server stopped',
    async (how) => {
      const { child, lines } = cli('up', '--replicas', '1', '--json');
      const up = await next<Up>(lines);
      if (how === 'end of input') child.stdin?.end();
      else child.kill(how);
      const [code] = (await once(child, 'exit')) as [number];
      expect(code).toBe(0);
      await expectGone(up);
    },
    120_000,
  );

  it.each([[['down']], [['up', '--replicas', '99']]])(
    '%j: says what is wrong and ends with code 2',
    async (words) => {
      const { child } = cli(...words);
      let said = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
      const [code] = (await once(child, 'close')) as [number];
      expect(code).toBe(2);
      expect(said).toMatch(/There is no command|replicas: must be/);
    },
    60_000,
  );
});
