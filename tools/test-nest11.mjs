// Installs the packed libraries beside Nest 11 in an empty folder, where their peer ranges have to hold, compiles an application against
// the types of both, and runs it on real Postgres: `npm run test:nest11`. The application stands in tools/fixtures/nest11.
import { startPostgresCluster } from '@nest-pooling/services';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { libraries, readJson, root } from './lib/workspace.mjs';
import { pack } from './pack.mjs';

/** The last ones of Nest 11. */
const NEST_11 = {
  '@nestjs/common': '11.2.10',
  '@nestjs/core': '11.2.10',
  '@nestjs/platform-express': '11.2.10',
  '@nestjs/platform-fastify': '11.2.8',
  '@nestjs/terminus': '11.1.1',
  '@nestjs/testing': '11.2.6',
};
/** What else the application needs, in the versions of this workspace. */
const OTHERS = ['@nestjs-cls/transactional', 'nestjs-cls', 'pg', 'reflect-metadata', 'rxjs'];
/** The libraries that it uses; what they need of the others comes along. */
const USED = ['@nest-pooling/nestjs', '@nest-pooling/postgres'];

const app = realpathSync(mkdtempSync(join(tmpdir(), 'nest-pooling-nest11-')));
let cluster;
try {
  install();
  compile();
  cluster = await startPostgresCluster({ replicas: 1 });
  process.env.PRIMARY_URL = cluster.primary.url;
  process.env.REPLICA_URL = cluster.replicas[0].url;
  await test();
} finally {
  await cluster?.stop();
  rmSync(app, { recursive: true, force: true });
}

function install() {
  const folders = libraries();
  const names = folders.map((folder) => readJson(join(root, folder, 'package.json')).name);
  const tarballs = pack(join(app, 'tarballs'));
  const dependencies = { ...NEST_11 };
  for (const name of OTHERS) dependencies[name] = installed(root, name);
  for (const name of withNeeds(USED, folders))
    dependencies[name] = `file:./tarballs/${tarballs[names.indexOf(name)]}`;
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  // Peers are checked: a range that leaves Nest 11 out fails here.
  const npm = ['install', '--strict-peer-deps', '--prefer-offline', '--no-audit', '--no-fund', '--silent'];
  execFileSync('npm', npm, { cwd: app, stdio: 'inherit' });
  for (const name of Object.keys(dependencies)) console.log(`${name} ${installed(app, name)}`);
}

/** The packages and all of ours that they depend on. */
function withNeeds(names, folders) {
  const manifests = folders.map((folder) => readJson(join(root, folder, 'package.json')));
  const found = new Set(names);
  for (const name of found) {
    const { dependencies = {}, peerDependencies = {} } = manifests.find((manifest) => manifest.name === name);
    for (const need of Object.keys({ ...dependencies, ...peerDependencies }))
      if (manifests.some((manifest) => manifest.name === need)) found.add(need);
  }
  return found;
}

function installed(folder, name) {
  return readJson(join(folder, 'node_modules', name, 'package.json')).version;
}

function compile() {
  cpSync(join(root, 'tools/fixtures/nest11'), join(app, 'src'), { recursive: true });
  // The one of the matrix, which needs nothing of that.
  cpSync(join(root, 'tools/nest-matrix/src/cls'), join(app, 'src/cls'), {
    recursive: true,
    filter: (path) => !path.endsWith('.spec.ts'),
  });
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    rootDir: 'src',
    outDir: 'dist',
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  const tsc = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: app, encoding: 'utf8' });
  // Other people's declarations are theirs to answer for.
  const own = tsc.stdout.split('\n').filter((line) => /^(src\/|node_modules\/@nest-pooling\/)/.test(line));
  if (own.length > 0) throw new Error(`does not compile against Nest 11:\n${own.join('\n')}`);
}

async function test() {
  const totals = { kind: 'nest11', files: 1, passed: 0, failed: 0, skipped: 0 };
  const running = run({ files: [join(app, 'dist/smoke.test.js')], timeout: 180_000 });
  running.on('test:pass', ({ name, details }) => {
    totals.passed++;
    console.log(`ok ${name} (${Math.round(details.duration_ms)} ms)`);
  });
  running.on('test:fail', ({ name, details }) => {
    totals.failed++;
    console.error(`FAILED ${name}`, details.error?.cause ?? details.error);
  });
  for await (const event of running)
    if (event.type === 'test:stderr') process.stderr.write(event.data.message);
  console.log(`Nest 11: ${totals.passed} passed, ${totals.failed} failed`);
  if (process.env.TEST_TOTALS) appendFileSync(process.env.TEST_TOTALS, `${JSON.stringify(totals)}\n`);
  if (totals.failed > 0 || totals.passed === 0) process.exitCode = 1;
}
