// Packs every published package: `node tools/pack.mjs [--out <folder>]`, by default into dist-packages/.
// They are built from nothing in a folder of their own, since `tsc -b` never deletes what it once wrote, and
// without what is only for this workspace: the source condition, development dependencies, Nx.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraries, readJson, root, SOURCE } from './lib/workspace.mjs';

/** What of a package.json means something in this workspace only. */
export const PRIVATE = ['devDependencies', 'nx', 'scripts'];

/** What `npm publish` may see of a package.json. */
export function publishable({ exports = {}, ...rest }) {
  for (const key of PRIVATE) delete rest[key];
  const strip = (target) => {
    if (typeof target !== 'object' || target === null) return target;
    const kept = Object.entries(target).filter(([condition]) => condition !== SOURCE);
    return Object.fromEntries(kept.map(([condition, inner]) => [condition, strip(inner)]));
  };
  return { ...rest, exports: strip(exports) };
}

/** Packs into `out` and returns the names of the tarballs. */
export function pack(out) {
  const staging = mkdtempSync(join(tmpdir(), 'nest-pooling-pack-'));
  try {
    const folders = libraries();
    stage(staging, folders);
    const projects = folders.map((folder) => join(folder, 'tsconfig.lib.json'));
    const tsc = join(root, 'node_modules/.bin/tsc');
    execFileSync(tsc, ['-b', ...projects], { cwd: staging, stdio: 'inherit' });

    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    return folders.map((folder) => {
      const cwd = join(staging, folder);
      const manifest = publishable(readJson(join(cwd, 'package.json')));
      writeFileSync(join(cwd, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
      cpSync(join(root, 'LICENSE'), join(cwd, 'LICENSE'));
      const args = ['pack', '--ignore-scripts', '--silent', '--offline', '--pack-destination', out];
      return execFileSync('npm', args, { cwd, encoding: 'utf8' }).trim().split('\n').at(-1);
    });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** A copy of the sources whose packages find each other in the copy, and everything else where it is. */
function stage(staging, folders) {
  const modules = join(staging, 'node_modules');
  mkdirSync(join(modules, '@nest-pooling'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@nest-pooling') symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const folder of folders) {
    cpSync(join(root, folder), join(staging, folder), { recursive: true, filter: isSource });
    symlinkSync(join(staging, folder), join(modules, readJson(join(root, folder, 'package.json')).name));
    const own = join(root, folder, 'node_modules');
    if (existsSync(own)) symlinkSync(own, join(staging, folder, 'node_modules'));
  }
  const base = readJson(join(root, 'tsconfig.base.json'));
  // The sources are not shipped: the maps carry them, and declarations have nothing to point to.
  Object.assign(base.compilerOptions, { inlineSources: true, declarationMap: false });
  writeFileSync(join(staging, 'tsconfig.base.json'), JSON.stringify(base));
}

const isSource = (path) =>
  !['node_modules', 'dist', 'out-tsc', 'coverage'].includes(basename(path)) &&
  !/\.(spec|fixture)\.ts$/.test(path);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [flag, folder, ...rest] = process.argv.slice(2);
  if ((flag !== undefined && (flag !== '--out' || !folder)) || rest.length > 0) {
    console.error('usage: node tools/pack.mjs [--out <folder>]');
    process.exit(2);
  }
  const out = resolve(folder ?? join(dirname(fileURLToPath(import.meta.url)), '../dist-packages'));
  for (const tarball of pack(out)) console.log(join(out, tarball));
}
