import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Mutant, Simulation } from './simulation.js';

/** Inside this package, so that what the code imports is found from there too. */
const BESIDE = fileURLToPath(new URL('../../dist/mutants/', import.meta.url));

/** Copies the compiled package, plants one fault and loads the copy. Rejects where the fault has no place. */
export async function buildMutant<Subject>(
  { packageName }: Simulation<Subject>,
  mutant: Mutant,
): Promise<Subject> {
  await mkdir(BESIDE, { recursive: true });
  const copy = await mkdtemp(join(BESIDE, `${mutant.name}-`));
  try {
    const compiled = await copyPackage(packageName, copy);
    const { inPackage } = mutant;
    // What is imported by its name is looked for here first.
    const planted =
      inPackage === undefined
        ? compiled
        : await copyPackage(inPackage, join(copy, 'node_modules', inPackage));
    const file = join(planted, mutant.file);
    await writeFile(file, plant(mutant, await readFile(file, 'utf8')));
    return (await import(pathToFileURL(join(compiled, 'index.js')).href)) as Subject;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Copies what a package is imported from, and answers where its code is. */
async function copyPackage(name: string, to: string): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const filter = (file: string): boolean => !/\.(map|d\.ts|tsbuildinfo)$/.test(file);
  await cp(join(dirname(manifest), 'dist'), join(to, 'dist'), { recursive: true, filter });
  await writeFile(
    join(to, 'package.json'),
    JSON.stringify({ name, type: 'module', exports: './dist/index.js' }),
  );
  return join(to, 'dist');
}

/** The text with the fault in it. */
export function plant({ name, file, find, replace }: Mutant, text: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1)
    throw new Error(`the mutant '${name}' has ${places} places in ${file}, not one: it must follow the code`);
  return text.replace(find, () => replace);
}
