// What the checks share: where the workspace is, its files, its packages, its compiler options.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The condition under which a package of ours resolves to its sources; it is never published. */
export const SOURCE = '@nest-pooling/source';

const GENERATED = new Set(['node_modules', 'dist', 'dist-packages', 'out-tsc', 'coverage', '.nx', '.swc']);

/** Every file under `folder` that a human wrote, as absolute paths. */
export function* filesUnder(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (GENERATED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else if (entry.isFile()) yield path;
  }
}

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** The folders of the published packages: `libs/<wing>/<room>`, relative to the root. */
export function libraries() {
  const folders = [];
  for (const wing of readdirSync(join(root, 'libs'))) {
    for (const room of readdirSync(join(root, 'libs', wing))) {
      if (existsSync(join(root, 'libs', wing, room, 'package.json'))) folders.push(`libs/${wing}/${room}`);
    }
  }
  return folders.toSorted();
}

/** What every package is compiled with, for checks that only look. */
export function compilerOptions() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) =>
    readFileSync(path, 'utf8'),
  );
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, root);
  return { ...options, noEmit: true, composite: false, incremental: false };
}
