// Packs every package and looks at what a stranger would get: no sources, no condition of this workspace, every
// entry there with its types; then installs all of them into an empty folder and imports and compiles each.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readJson, root, SOURCE } from './lib/workspace.mjs';
import { pack, PRIVATE } from './pack.mjs';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nest-pooling-packed-')));
const errors = [];
const skipped = [];
try {
  const tarballs = pack(join(folder, 'tarballs')).map((name) => join(folder, 'tarballs', name));
  const app = join(folder, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  const npm = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--legacy-peer-deps', '--silent'];
  execFileSync('npm', [...npm, ...tarballs], { cwd: app, stdio: 'inherit' });

  const names = Object.keys(readJson(join(app, 'package.json')).dependencies);
  const entries = names.flatMap((name) => look(app, name));
  const peers = names.flatMap((name) => Object.keys(manifestOf(app, name).peerDependencies ?? {}));
  for (const peer of new Set(peers)) {
    link(app, peer);
    // Who compiles against a package without types of its own has these, too.
    if (existsSync(join(root, 'node_modules/@types', peer))) link(app, `@types/${peer}`);
  }
  for (const entry of entries) load(app, entry);
  compile(app, entries);
  if (errors.length === 0) console.log(`packages ok: ${names.length} packages, ${entries.length} entries`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const line of skipped) console.log(line);
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exitCode = 1;
}

function manifestOf(app, name) {
  return readJson(join(app, 'node_modules', name, 'package.json'));
}

/** Looks at one installed package; returns what can be imported of it. */
function look(app, name) {
  const home = join(app, 'node_modules', name);
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' });
  const manifest = readFileSync(join(home, 'package.json'), 'utf8');
  const complain = (what) => errors.push(`${name}: ${what}`);

  if (manifest.includes(SOURCE)) complain(`package.json still has the condition "${SOURCE}"`);
  for (const key of PRIVATE) {
    if (key in JSON.parse(manifest)) complain(`package.json still has ${key}`);
  }
  for (const file of files) {
    if (file.startsWith('src/')) complain(`ships source ${file}`);
    if (file.endsWith('.ts') && !file.endsWith('.d.ts')) complain(`ships source ${file}`);
    if (/\.(spec|fixture)\.|\.tsbuildinfo$/.test(file)) complain(`ships ${file}`);
    const js = file.endsWith('.js') ? file.slice(0, -3) : undefined;
    if (js && !files.includes(`${js}.d.ts`)) complain(`${file} has no types`);
  }
  if (!files.includes('LICENSE')) complain('has no LICENSE');

  const imports = [];
  for (const [path, target] of Object.entries(JSON.parse(manifest).exports ?? {})) {
    const targets = typeof target === 'string' ? { default: target } : target;
    for (const [condition, file] of Object.entries(targets)) {
      if (!existsSync(join(home, file))) complain(`exports["${path}"].${condition}: no ${file}`);
    }
    if (targets.types) imports.push(join(name, path));
    else if (targets.default.endsWith('.js')) complain(`exports["${path}"] has no types`);
  }
  if (imports.length === 0) complain('nothing can be imported of it');
  return imports;
}

/** What the user brings is taken from this workspace: nothing is fetched. */
function link(app, peer) {
  const from = join(root, 'node_modules', peer);
  const to = join(app, 'node_modules', peer);
  if (!existsSync(from)) return skipped.push(`peer ${peer} is not installed in this workspace`);
  if (existsSync(to)) return undefined;
  mkdirSync(dirname(to), { recursive: true });
  return symlinkSync(from, to);
}

function load(app, entry) {
  const code = `import(${JSON.stringify(entry)}).then((m) => { if (Object.keys(m).length === 0) throw new Error('exports nothing at run time'); })`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: app,
    encoding: 'utf8',
  });
  if (run.status === 0) return;
  const [, missing] = /Cannot find package '([^']+)'/.exec(run.stderr) ?? [];
  if (missing && !existsSync(join(root, 'node_modules', missing))) {
    skipped.push(`${entry}: not imported, its peer ${missing} is not installed in this workspace`);
  } else {
    const said = run.stderr.split('\n').find((line) => /^\w*Error\b/.test(line));
    errors.push(`${entry}: cannot be imported: ${said ?? run.stderr}`);
  }
}

/** The types, as somebody sees them who knows nothing of this workspace. */
function compile(app, entries) {
  const lines = entries.map((entry, at) => `export * as e${at} from '${entry}';\n`);
  writeFileSync(join(app, 'index.ts'), lines.join(''));
  const options = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, skipLibCheck: false };
  Object.assign(options, { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] });
  const config = { compilerOptions: options, files: ['index.ts'] };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(config));
  const run = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: app, encoding: 'utf8' });
  if (run.status === 0) return;
  // Other people's declarations are theirs to answer for.
  const own = run.stdout
    .split('\n')
    .filter((line) => /^(index\.ts|node_modules\/@nest-pooling\/)/.test(line));
  if (own.length > 0) errors.push(...own.map((line) => `types: ${line}`));
}
