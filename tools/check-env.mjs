// Fails where engine, sql or routing takes time or chance from anywhere but `Env`. Names are resolved by the
// type checker, so an alias is seen and a namesake of our own is not. `.oxlintrc.json` bans the plainest ways
// too, as a hint in the editor; this is the gate. Before it looks at the rooms it proves itself on
// tools/fixtures/env: exactly the lines that end in `// banned` must be reported.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { findWays } from './env/ways.mjs';
import { compilerOptions, filesUnder, root } from './lib/workspace.mjs';

const ROOMS = ['libs/engine', 'libs/database/sql', 'libs/database/routing'];
const FIXTURES = 'tools/fixtures/env';
/** The one place where the outside world comes in. */
const EXEMPT = new Set(['libs/engine/core/src/system-env.ts']);

const isSource = (file) =>
  /\.[cm]?ts$/.test(file) && !/\.spec\.[cm]?ts$/.test(file) && !/\.d\.[cm]?ts$/.test(file);
const under = (folder) => [...filesUnder(join(root, folder))].filter(isSource);
const rooms = ROOMS.filter((folder) => existsSync(join(root, folder))).flatMap(under);
const fixtures = under(FIXTURES);

const program = ts.createProgram([...rooms, ...fixtures], compilerOptions());
const checker = program.getTypeChecker();
const waysIn = (file) => findWays(program.getSourceFile(file), checker);
const errors = [];

let banned = 0;
for (const file of fixtures) {
  const name = relative(root, file);
  const found = new Set(waysIn(file).map((way) => way.line));
  for (const [at, text] of readFileSync(file, 'utf8').split('\n').entries()) {
    const expected = text.endsWith('// banned');
    if (expected) banned++;
    if (expected && !found.has(at + 1)) errors.push(`${name}:${at + 1}: this check no longer sees: ${text}`);
    if (!expected && found.has(at + 1)) errors.push(`${name}:${at + 1}: wrongly reported: ${text}`);
  }
}
if (banned === 0) errors.push(`${FIXTURES}: no line ends in "// banned", so this check proves nothing`);
if (rooms.length === 0) errors.push('no source file found: this check looks in the wrong place');

for (const file of rooms) {
  const name = relative(root, file);
  if (EXEMPT.has(name)) continue;
  for (const { line, what } of waysIn(file)) {
    errors.push(`${name}:${line}: ${what}: time and chance come through Env`);
  }
}

if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(1);
}
console.log(`env ok: ${rooms.length} files; ${banned} ways around it are seen`);
