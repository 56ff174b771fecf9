import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { measured, type Row } from '@nest-pooling/report';
import { ITEMS, MAX, ONE } from '../contender.js';

const run = promisify(execFile);
const SECONDS = 2;
/** Statements in one pipeline. */
const PIPED = 16;

/** What the server can give: pgbench, a client in C that does nothing with the answers, pipelined and plain. */
export async function limitSection(): Promise<readonly Row[]> {
  const pgbench = await findPgbench();
  if (pgbench === undefined) {
    console.error('pgbench is not installed, so there is no limit to compare with (Debian: postgresql).');
    return [];
  }
  const folder = await mkdtemp(join(tmpdir(), 'nest-pooling-bench-'));
  try {
    const byId = `\\set id random(1, ${ITEMS})\nSELECT id, name, cents FROM item WHERE id = :id;\n`;
    return [
      ...(await both(pgbench, folder, 'SELECT 1', `${ONE};\n`)),
      ...(await both(pgbench, folder, 'by id', byId)),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function both(pgbench: string, folder: string, what: string, script: string): Promise<Row[]> {
  const piped = `\\startpipeline\n${script.repeat(PIPED)}\\endpipeline\n`;
  const pipelined = await rate(pgbench, folder, piped, PIPED);
  const plain = await rate(pgbench, folder, script, 1);
  return [
    measured(`the limit, ${what}, prepared: pgbench, pipelined`, pipelined, 'per second'),
    measured(`the limit, ${what}, prepared: pgbench, one by one`, plain, 'per second'),
  ];
}

async function rate(pgbench: string, folder: string, script: string, each: number): Promise<number> {
  const file = join(folder, 'script.sql');
  await writeFile(file, script);
  const url = new URL(process.env.BENCH_POSTGRES_URL!);
  const how = ['-n', '-f', file, '-M', 'prepared', '-c', String(MAX), '-j', '1', '-T', String(SECONDS)];
  const where = ['-h', url.hostname, '-p', url.port, '-U', url.username, url.pathname.slice(1)];
  const { stdout } = await run(pgbench, [...how, ...where]);
  const tps = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
  return tps === undefined ? Number.NaN : Number(tps) * each;
}

async function findPgbench(): Promise<string | undefined> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => `/usr/lib/postgresql/${version}/bin`),
  ];
  for (const folder of folders) {
    const file = join(folder, 'pgbench');
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}
