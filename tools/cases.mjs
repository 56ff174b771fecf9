// Lists the tests whose titles begin with `case NN:`: mistakes that pool code makes, each proved not to be made
// here. Fails while one that is owed is missing or skipped. `--area pool` asks for one area; without it all are
// listed, and what the areas in DUE owe must be there.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { filesUnder, root } from './lib/workspace.mjs';

const span = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** Which part of the house proves which case. */
const AREAS = {
  pool: [...span(1, 20), ...span(22, 25), ...span(27, 31), 33, 40],
  postgres: [21, 26, 32, 38],
  routing: [34],
  nest: [35, 36, 39, 41, 42],
  http: [37],
};
/** The areas that are built, and so owe all of theirs. */
const DUE = ['pool', 'postgres', 'nest'];

const args = process.argv.slice(2);
const area = args[0] === '--area' ? args[1] : undefined;
if (args.length > 0 && (args.length !== 2 || !(area in AREAS))) {
  console.error(`usage: npm run cases [-- --area ${Object.keys(AREAS).join('|')}]`);
  process.exit(2);
}

const titleOf = (node) => {
  const [first] = node.arguments;
  if (!first) return undefined;
  if (ts.isStringLiteralLike(first)) return first.text;
  return ts.isTemplateExpression(first) ? first.head.text : undefined;
};
const SKIPS = /(^|\.)(skip|todo|failing)\b|^x(it|test|describe)\b/;
/** `it`, `it.each(…)`, a helper that calls one: whatever is called with the title. */
const calleeOf = (node) => (ts.isCallExpression(node) ? calleeOf(node.expression) : node.getText());
const isGroup = (callee) => /^[xf]?describe\b/.test(callee);

/** The tests of one spec file: case number, title, skipped. */
function* testsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node, skipped) => {
    let inner = skipped;
    if (ts.isCallExpression(node)) {
      const callee = calleeOf(node.expression);
      const skips = skipped || SKIPS.test(callee);
      const [, number, rest] = /^case (\d+): *(.*)/s.exec(titleOf(node) ?? '') ?? [];
      if (number && !isGroup(callee)) found.push({ number: Number(number), title: rest, skipped: skips });
      if (isGroup(callee)) inner = skips;
    }
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(source, false);
  for (const test of found) yield { ...test, file: relative(root, file) };
}

const tests = new Map();
for (const folder of ['libs', 'apps', 'tools']) {
  for (const file of filesUnder(join(root, folder))) {
    if (!/\.spec\.tsx?$/.test(file)) continue;
    for (const test of testsOf(file)) tests.set(test.number, [...(tests.get(test.number) ?? []), test]);
  }
}

const asked = area ? [area] : Object.keys(AREAS);
const errors = [];
for (const name of asked) {
  const present = AREAS[name].filter((number) => tests.has(number)).length;
  const due = area !== undefined || DUE.includes(name);
  console.log(`${name}: ${present} of ${AREAS[name].length}${due ? '' : ' (not due yet)'}`);
  for (const number of AREAS[name]) {
    const titled = tests.get(number) ?? [];
    if (titled.length === 0) {
      console.log(`  case ${number}: missing`);
      if (due) errors.push(`case ${number} is missing`);
    }
    for (const test of titled) {
      console.log(`  case ${number}: ${test.skipped ? 'SKIPPED ' : ''}${test.title} (${test.file})`);
      if (test.skipped && due) errors.push(`case ${number} is skipped in ${test.file}`);
    }
  }
}
const known = new Set(Object.values(AREAS).flat());
for (const [number, [test]] of tests) {
  if (!known.has(number)) errors.push(`case ${number} is in no area (${test.file})`);
}

if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(1);
}
