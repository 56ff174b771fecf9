import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { portIsFree } from './free-port.js';
import { listProcesses } from './processes.js';
import { until } from './wait.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface Started {
  readonly folder: string;
  readonly watchdog: number;
  readonly nodes: readonly { readonly port: number; readonly pid: number }[];
}

/** A program that starts a cluster, freezes two of its servers, says so, and does `then`. */
const program = (starter: string, then: string) => `
  import { ${starter} } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
  const cluster = await ${starter}();
  await cluster.node('replica-1').freeze();
  await cluster.node('replica-2').kill();
  await cluster.node('replica-2').start();
  const nodes = cluster.nodes.map(({ port, pid }) => ({ port, pid }));
  process.stdout.write(JSON.stringify({ folder: cluster.folder, watchdog: cluster.watchdogPid, nodes }) + '\\n');
  ${then}
`;

describe.each([
  // Three servers with several processes each, and the watchdog.
  { starter: 'startPostgresCluster', processes: 12 },
  // One process each.
  { starter: 'startMariadbCluster', processes: 3 },
])('when the process that called $starter ends', ({ processes, starter }) => {
  const children: ChildProcess[] = [];

  beforeAll(() => {
    // The child is a program of its own and cannot read TypeScript.
    execFileSync(process.execPath, [
      here('../../../node_modules/@typescript/native/bin/tsc'),
      '-b',
      here('../tsconfig.lib.json'),
    ]);
  }, 120_000);

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const start = async (then: string): Promise<{ child: ChildProcess; started: Started }> => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(starter, then)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = await lines.next();
    if (line.done === true) throw new Error('The program ended before it had started a cluster.');
    return { child, started: JSON.parse(line.value) as Started };
  };

  const leftOf = ({ folder, watchdog }: Started) => {
    const name = folder.slice(folder.lastIndexOf('/') + 1);
    return listProcesses().filter(
      (entry) => entry.state !== 'Z' && (entry.command.includes(name) || entry.pid === watchdog),
    );
  };

  const expectNothingLeft = async (started: Started) => {
    await until(() => leftOf(started).length === 0 && !existsSync(started.folder), {
      timeoutMs: 60_000,
      what: () =>
        `nothing was left: ${JSON.stringify(leftOf(started))}, folder ${existsSync(started.folder)}`,
    });
    expect(await Promise.all(started.nodes.map(({ port }) => portIsFree(port)))).toEqual([true, true, true]);
  };

  it('by kill -9: no server lives on, frozen ones neither, and folder and ports are free', async () => {
    const { child, started } = await start('setInterval(() => undefined, 1_000);');
    expect(leftOf(started).length).toBeGreaterThan(processes);
    child.kill('SIGKILL');
    await expectNothingLeft(started);
  }, 120_000);

  it('by kill -9, without its watchdog: the next start clears up', async () => {
    const { child, started } = await start('setInterval(() => undefined, 1_000);');
    process.kill(started.watchdog, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(started.folder)).toBe(true);
    const next = await start('await cluster.stop();');
    await expectNothingLeft(started);
    await expectNothingLeft(next.started);
  }, 120_000);

  it('by coming to its end: it need not stop the cluster to be able to', async () => {
    const { child, started } = await start('');
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    await expectNothingLeft(started);
  }, 120_000);

  it('after stop(): by itself, and all is gone before', async () => {
    const { child, started } = await start('await cluster.stop(); process.stdout.write("stopped\\n");');
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    expect(leftOf(started)).toEqual([]);
    expect(existsSync(started.folder)).toBe(false);
  }, 120_000);
});
