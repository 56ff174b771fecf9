// Fails on: an arrow that the table does not allow, an import that package.json does not declare,
// a missing or stale TypeScript project reference. Reads Nx's own graph, file by file.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import nx from 'nx/src/devkit-exports.js';
import { readFileMapCache } from 'nx/src/devkit-internals.js';

const SCOPE = '@nest-pooling/';
const engine = ['core', 'pool', 'resilience', 'balancing'];
const routed = [...engine, 'sql', 'routing'];
// The house: what each room may import. Arrows go down only.
const table = {
  core: [],
  pool: ['core'],
  resilience: ['core'],
  balancing: ['core'],
  sql: engine,
  routing: [...engine, 'sql'],
  postgres: routed,
  mysql: routed,
  sqlite: [...engine, 'sql'],
  oracle: [...engine, 'sql'],
  http: engine,
  redis: engine,
  amqp: engine,
  grpc: engine,
  mongodb: engine,
  telemetry: routed,
  cluster: [...engine, 'routing'],
  nestjs: routed,
  axios: ['nestjs', 'http'],
  typeorm: ['sql', 'routing', 'nestjs', 'postgres', 'mysql'],
  dashboard: ['nestjs', 'telemetry'],
  services: [],
  report: [],
  integration: '*', // tests of sql, routing and nestjs on real servers: in their own rooms they would make a circle
  'nest-matrix': '*', // every transport of Nest on real servers
  bench: '*',
  chaos: '*',
  simulate: '*',
  demo: '*',
  'demo-e2e': '*',
};
const forTests = ['services']; // what a *.spec.ts may import besides

const short = (name) => name.replace(SCOPE, '');
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const referenced = (root, file) =>
  new Set((json(join(root, file)).references ?? []).map((r) => dirname(join(root, r.path))));

process.env.NX_DAEMON = 'false';
const graph = await nx.createProjectGraphAsync({ exitOnError: true });
const files = readFileMapCache().fileMap.projectFileMap;
const errors = [];

for (const [name, { data }] of Object.entries(graph.nodes)) {
  const allowed = table[short(name)];
  if (!allowed) errors.push(`${name}: not in the table of tools/check-boundaries.mjs`);
  const { dependencies, peerDependencies, devDependencies } = json(join(data.root, 'package.json'));
  const shipped = { ...dependencies, ...peerDependencies };
  const used = { lib: new Set(), spec: new Set() };
  for (const { file, deps = [] } of files[name] ?? []) {
    if (!/\.[cm]?tsx?$/.test(file)) continue;
    const isSpec = /\.(spec|fixture)\.tsx?$/.test(file);
    for (const dep of deps.map((d) => (Array.isArray(d) ? (d.at(-2) ?? d[0]) : d))) {
      if (dep.startsWith('npm:')) {
        // Nx names a nested copy with its version.
        const pkg = dep.slice(4).replace(/(?<=.)@[^@/]+$/, '');
        if (!isSpec && !(pkg in shipped)) errors.push(`${file}: ${pkg} is not declared in package.json`);
        continue;
      }
      if (!graph.nodes[dep] || dep === name) continue;
      used[isSpec ? 'spec' : 'lib'].add(dep);
      const may =
        allowed === '*' || allowed?.includes(short(dep)) || (isSpec && forTests.includes(short(dep)));
      if (!may) errors.push(`${file}: ${short(name)} may not import ${short(dep)}`);
      if (!(dep in (isSpec ? { ...shipped, ...devDependencies } : shipped)))
        errors.push(`${file}: ${dep} is not declared in ${data.root}/package.json`);
    }
  }
  const rootOf = (dep) => graph.nodes[dep].data.root;
  const want = {
    lib: new Set([...used.lib].map(rootOf)),
    spec: new Set([...used.spec].map(rootOf).concat(data.root)),
  };
  for (const kind of ['lib', 'spec']) {
    const have = referenced(data.root, `tsconfig.${kind}.json`);
    for (const root of want[kind])
      if (!have.has(root))
        errors.push(`${data.root}/tsconfig.${kind}.json lacks ${relative(data.root, root)}`);
    for (const root of have)
      if (!want[kind].has(root))
        errors.push(`${data.root}/tsconfig.${kind}.json: stale ${relative(data.root, root)}`);
  }
}
if (errors.length) {
  console.error(errors.join('\n'));
  process.exit(1);
}
console.log(`boundaries ok: ${Object.keys(graph.nodes).length} projects`);
