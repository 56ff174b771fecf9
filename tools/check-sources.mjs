// Fails on an exported name, or a public member of one, without a doc comment, and on a source file that
// grew too long to be read in one sitting. A member that overrides or implements a documented one inherits.
// It proves itself on tools/fixtures/docs: exactly the lines that end in `// missing` must be reported.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { undocumented } from './lib/undocumented.mjs';
import { compilerOptions, filesUnder, libraries, readJson, root, SOURCE } from './lib/workspace.mjs';

const MAX_LINES = 220;
const FOLDERS = ['libs', 'apps', 'tools'];
const SOURCES = /\.[cm]?[jt]sx?$/;
/** Besides the published packages: what the tests of every room stand on. */
const DOCUMENTED = [...libraries(), 'tools/services'];

const errors = [];

let files = 0;
for (const folder of FOLDERS) {
  for (const file of filesUnder(join(root, folder))) {
    if (!SOURCES.test(file)) continue;
    files++;
    const lines = readFileSync(file, 'utf8').replace(/\n$/, '').split('\n').length;
    if (lines > MAX_LINES) errors.push(`${relative(root, file)}: ${lines} lines, at most ${MAX_LINES}`);
  }
}

const entries = [];
for (const folder of DOCUMENTED) {
  for (const [path, target] of Object.entries(readJson(join(root, folder, 'package.json')).exports ?? {})) {
    if (typeof target === 'string') continue;
    const file = join(root, folder, target[SOURCE] ?? '?');
    if (existsSync(file)) entries.push({ folder, file });
    else errors.push(`${folder}/package.json: exports["${path}"] has no file under "${SOURCE}"`);
  }
}

const FIXTURE = join(root, 'tools/fixtures/docs');
const fixture = join(FIXTURE, 'index.ts');
const program = ts.createProgram([...entries.map(({ file }) => file), fixture], compilerOptions());

const proof = join(FIXTURE, 'members.ts');
const reported = new Set(undocumented(program, fixture, FIXTURE).missing.map(({ line }) => line));
for (const [at, text] of readFileSync(proof, 'utf8').split('\n').entries()) {
  const place = `${relative(root, proof)}:${at + 1}`;
  if (text.endsWith('// missing') === reported.has(at + 1)) continue;
  errors.push(`${place}: ${reported.has(at + 1) ? 'wrongly reported' : 'no longer seen'}: ${text.trim()}`);
}

let names = 0;
const seen = new Set();
for (const { folder, file } of entries) {
  const result = undocumented(program, file, join(root, folder));
  names += result.names;
  for (const { at, line, name } of result.missing) {
    const error = `${relative(root, at)}:${line}: ${name} has no doc comment`;
    if (!seen.has(error)) errors.push(error);
    seen.add(error);
  }
}

if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(1);
}
console.log(`sources ok: ${files} files, ${names} exported names`);
