import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type AnyCluster, commandHelp, rows, runCommand, table } from './cli-commands.js';
import { type CliDatabase, type CliOptions, USAGE, readArguments } from './cli-options.js';
import { ServicesError, textOf } from './errors.js';
import { startPostgresCluster } from './start-cluster.js';
import { startMariadbCluster } from './start-mariadb.js';

/** Resolves with the reason for which we are to end; a second Ctrl-C ends at once, and the watchdog cleans up. */
function askedToEnd(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve(name);
      });
    }
  });
}

/**
 * Whether the end of the input is the end of us: at a terminal, and at a pipe, whose writer is gone. With /dev/null or a file it
 * means nothing: that is how one runs something in the background.
 */
function inputEndsUs(): boolean {
  if (process.stdin.isTTY) return true;
  try {
    const info = fstatSync(0);
    return info.isFIFO() || info.isSocket();
  } catch {
    return false;
  }
}

/** Carries out typed lines, one after the other; resolves when the input says or means that we are to end. */
async function serveInput(cluster: AnyCluster, json: boolean): Promise<void> {
  const prompt = process.stdin.isTTY && !json;
  const input = createInterface({ input: process.stdin, terminal: false });
  const ready = () => prompt && process.stdout.write('> ');
  ready();
  for await (const line of input) {
    if (line.trim() === 'quit' || line.trim() === 'exit') return;
    if (line.trim() !== '') await answer(cluster, line, json);
    ready();
  }
  // Nothing more will come; only a signal ends us now.
  if (!inputEndsUs()) await new Promise<never>(() => setInterval(() => undefined, 2 ** 30));
}

async function answer(cluster: AnyCluster, line: string, json: boolean): Promise<void> {
  try {
    const text = await runCommand(cluster, line);
    print(json ? JSON.stringify({ ok: true, message: text, nodes: await rows(cluster) }) : text);
  } catch (error) {
    const code = error instanceof ServicesError ? error.code : 'UNEXPECTED';
    print(json ? JSON.stringify({ ok: false, code, message: textOf(error) }) : textOf(error));
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function up(of: CliDatabase, options: CliOptions, json: boolean): Promise<void> {
  // Before the start, so that a Ctrl-C during it is not lost.
  const signalled = askedToEnd();
  const before = performance.now();
  const cluster = await (of === 'mariadb' ? startMariadbCluster : startPostgresCluster)(options);
  try {
    const nodes = await rows(cluster);
    if (json)
      print(JSON.stringify({ pid: process.pid, version: cluster.version, folder: cluster.folder, nodes }));
    else {
      print(
        `${cluster.version}, up in ${Math.round(performance.now() - before)} ms; data and logs in ${cluster.folder}`,
      );
      print(`\n${table(nodes)}\n\n${commandHelp()}\n`);
    }
    await Promise.race([signalled, serveInput(cluster, json)]);
  } finally {
    if (!json) print('Stopping …');
    await cluster.stop();
  }
}

async function main(): Promise<number> {
  const request = readArguments(process.argv.slice(2));
  if (request.kind === 'help') {
    print(USAGE.trimEnd());
    return 0;
  }
  if (request.kind === 'wrong') {
    process.stderr.write(`${request.message}\n\n${USAGE}`);
    return 2;
  }
  try {
    await up(request.of, request.options, request.json);
    return 0;
  } catch (error) {
    process.stderr.write(`${textOf(error)}\n`);
    return error instanceof ServicesError && error.code === 'SERVICES_OPTIONS' ? 2 : 1;
  }
}

// A reader that has gone (| head) must not keep us from stopping the servers.
process.stdout.on('error', () => undefined);
// The open input would keep us alive.
void main().then((code) => process.exit(code));
