// Fails where TypeScript in a README does not compile: what is shown there is copied first of all. Each block is a
// module of its own; tools/lib/readme-blocks.mjs says what may stand around it. It proves itself on
// tools/fixtures/readme: exactly the lines that end in `// wrong` must be reported.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { blocksIn } from './lib/readme-blocks.mjs';
import { compilerOptions, filesUnder, root } from './lib/workspace.mjs';

const FIXTURE = join(root, 'tools/fixtures/readme/README.md');
const FOLDERS = ['libs', 'apps', 'examples', 'docs'];

const options = { ...compilerOptions(), noUnusedLocals: false, declaration: false, declarationMap: false };
const host = ts.createCompilerHost(options);
const getSourceFile = host.getSourceFile.bind(host);
const parsed = new Map();
const blocks = new Map();
host.fileExists = (file) => blocks.has(file) || ts.sys.fileExists(file);
host.readFile = (file) => blocks.get(file) ?? ts.sys.readFile(file);
host.getSourceFile = (file, ...rest) => {
  if (blocks.has(file)) return ts.createSourceFile(file, blocks.get(file), ...rest.slice(0, 1));
  if (!parsed.has(file)) parsed.set(file, getSourceFile(file, ...rest));
  return parsed.get(file);
};

const errors = [];
const proven = new Set();
const wanted = readFileSync(FIXTURE, 'utf8')
  .split('\n')
  .flatMap((text, at) => (text.endsWith('// wrong') ? [at + 1] : []));
for (const { line } of problemsIn(FIXTURE).problems) proven.add(line);
for (const line of new Set([...wanted, ...proven])) {
  if (wanted.includes(line) === proven.has(line)) continue;
  errors.push(
    `${relative(root, FIXTURE)}:${line}: ${proven.has(line) ? 'wrongly reported' : 'no longer seen'}`,
  );
}

const readmes = [join(root, 'README.md'), ...FOLDERS.flatMap(markdownUnder)];
let checked = 0;
const unchecked = [];
for (const file of readmes) {
  const result = problemsIn(file);
  checked += result.checked;
  unchecked.push(...result.unchecked);
  errors.push(...result.problems.map(({ line, text }) => `${relative(root, file)}:${line}: ${text}`));
}

for (const line of unchecked) console.log(`not compiled: ${line}`);
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exitCode = 1;
} else console.log(`readme ok: ${checked} blocks compile, ${unchecked.length} are marked as not compiled`);

function markdownUnder(folder) {
  if (!existsSync(join(root, folder))) return [];
  return [...filesUnder(join(root, folder))].filter((file) => file.endsWith('.md'));
}

function problemsIn(file) {
  const problems = [];
  const left = [];
  let count = 0;
  for (const { line, given, code, unchecked: reason, info } of blocksIn(readFileSync(file, 'utf8'))) {
    if (reason !== undefined) {
      left.push(`${relative(root, file)}:${line}: ${reason}`);
      continue;
    }
    if (info !== '')
      problems.push({ line: line - 1, text: `'${info}' is no mark of a block; no-check: why` });
    count++;
    problems.push(...compile(file, line, given, code));
  }
  return { checked: count, unchecked: left, problems };
}

/** Lines of what is given before a block are counted as its fence. */
function compile(file, line, given, code) {
  const module = join(dirname(file), `README-block-${line}.ts`);
  // A block without imports is a module all the same.
  blocks.clear();
  blocks.set(module, `${given}${code}\nexport {};\n`);
  const program = ts.createProgram([module], options, host);
  const source = program.getSourceFile(module);
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  const before = given.split('\n').length - 1;
  return found.map(({ start = 0, messageText }) => {
    const at = source.getLineAndCharacterOfPosition(start).line - before;
    const where = at < 0 ? ' (in what is given before the block)' : '';
    return { line: line + Math.max(at, -1), text: ts.flattenDiagnosticMessageText(messageText, ' ') + where };
  });
}
