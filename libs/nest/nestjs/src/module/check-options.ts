import { nearest, Problems } from '@nest-pooling/core';
import type { Definition } from '@nest-pooling/core';
import { checkBreakers } from './check-breakers.js';
import type { PoolingModuleExtras } from './options.js';

const EXTRAS = [
  'plugins',
  'isGlobal',
  'health',
  'exceptionFilter',
  'breakers',
  'shutdownDelayMs',
  'drainDeadlineMs',
  'closeTimeoutMs',
  'env',
] as const satisfies readonly (keyof PoolingModuleExtras)[];
const WAYS = ['useFactory', 'useClass', 'useExisting'] as const;
const HEALTH = ['path', 'dbPath', 'timeoutMs', 'cacheMs', 'guards'];

/** What of the options is known beside the factory. A copy: a later change of the caller's object changes nothing. */
export function extrasOf(options: PoolingModuleExtras): PoolingModuleExtras {
  return Object.fromEntries(EXTRAS.map((key) => [key, options[key]]));
}

/** Refuses wrong options of `forRoot`; returns the names of the pools. */
export function checkOptions(options: object): readonly string[] {
  const problems = new Problems();
  const given = options as { pools?: unknown };
  problems.unknown('', options, ['pools', ...EXTRAS]);
  checkExtras(problems, options);
  if (typeof given.pools !== 'object' || given.pools === null || Array.isArray(given.pools)) {
    problems.add('pools', 'must be an object of definitions by pool name', typeof given.pools);
  } else {
    checkNames(problems, Object.keys(given.pools));
    checkEach(problems, 'pools.', given.pools as Record<string, unknown>);
  }
  problems.throwIfAny('PoolingModule.forRoot');
  return Object.keys(given.pools as object);
}

/** Refuses wrong options of `forRootAsync`, before Nest says something cryptic about them. */
export function checkAsyncOptions(options: object): readonly string[] {
  const problems = new Problems();
  const given = options as Record<string, unknown>;
  problems.unknown('', options, ['pools', 'imports', 'inject', 'extraProviders', ...WAYS, ...EXTRAS]);
  checkExtras(problems, options);
  const ways = WAYS.filter((way) => given[way] !== undefined);
  if (ways.length !== 1) {
    const got = ways.length === 0 ? 'none' : ways.join(' and ');
    problems.add('useFactory', `exactly one of ${WAYS.join(', ')} must be given (got ${got})`);
  }
  for (const way of ways) problems.type(way, given[way], 'function');
  if (given.inject !== undefined && !Array.isArray(given.inject)) {
    problems.add('inject', 'must be an array of tokens', typeof given.inject);
  }
  const names: unknown = given.pools;
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) {
    problems.add('pools', 'must be an array of the names of the pools that the factory returns', names);
  } else {
    checkNames(problems, names as string[]);
  }
  problems.throwIfAny('PoolingModule.forRootAsync');
  return names as string[];
}

/** Refuses what a factory returned unless it is one definition for each of `names`, and nothing else. */
export function checkDefinitions(
  names: readonly string[],
  returned: unknown,
): ReadonlyMap<string, Definition<object>> {
  const problems = new Problems();
  if (typeof returned !== 'object' || returned === null || Array.isArray(returned)) {
    const got = Array.isArray(returned) ? 'an array' : returned === null ? 'null' : typeof returned;
    problems.add('(result)', `must be an object of definitions by pool name (got ${got})`);
  } else {
    const pools = returned as Record<string, unknown>;
    for (const name of names) {
      if (!Object.hasOwn(pools, name))
        problems.add(name, 'is listed in pools, but there is no definition of it');
    }
    for (const name of Object.keys(pools)) {
      if (names.includes(name)) continue;
      const near = nearest(name, names);
      problems.add(name, `is not listed in pools${near === undefined ? '' : `; did you mean ${near}?`}`);
    }
    checkEach(problems, '', pools);
  }
  problems.throwIfAny('What the factory of PoolingModule.forRootAsync returned');
  return new Map(Object.entries(returned as Record<string, Definition<object>>));
}

/** Tells whether `value` can be opened. */
export function isDefinition(value: unknown): value is Definition<object> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { open?: unknown }).open === 'function'
  );
}

function checkEach(problems: Problems, prefix: string, pools: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(pools)) {
    if (isDefinition(value)) continue;
    // Only the type of what was given: it may be a connection string with a password.
    const what = value === null ? 'null' : typeof value;
    problems.add(`${prefix}${name}`, `must be a definition, such as postgres({ … }) returns (got ${what})`);
  }
}

function checkNames(problems: Problems, names: readonly string[]): void {
  if (names.length === 0) problems.add('pools', 'must name at least one pool');
  for (const [i, name] of names.entries()) {
    if (name.trim() === '') problems.add(`pools[${i}]`, 'must not be empty');
    if (names.indexOf(name) !== i) problems.add(`pools[${i}]`, 'is listed twice', name);
  }
}

function checkExtras(problems: Problems, extras: PoolingModuleExtras): void {
  problems.type('isGlobal', extras.isGlobal, 'boolean');
  problems.type('exceptionFilter', extras.exceptionFilter, 'boolean');
  problems.type('env', extras.env, 'object');
  problems.duration('shutdownDelayMs', extras.shutdownDelayMs);
  problems.duration('drainDeadlineMs', extras.drainDeadlineMs);
  problems.duration('closeTimeoutMs', extras.closeTimeoutMs);
  checkHealth(problems, extras.health);
  checkBreakers(problems, extras.breakers);
  const plugins: unknown = extras.plugins;
  if (plugins === undefined) return;
  if (!Array.isArray(plugins)) return problems.add('plugins', 'must be an array', typeof plugins);
  for (const [i, plugin] of plugins.entries()) {
    const { name, attach } = (plugin ?? {}) as { name?: unknown; attach?: unknown };
    if (typeof name === 'string' && typeof attach === 'function') continue;
    problems.add(`plugins[${i}]`, 'must be a plugin, with a name and an attach function', typeof plugin);
  }
}

function checkHealth(problems: Problems, health: PoolingModuleExtras['health']): void {
  if (health === undefined || health === false) return;
  problems.type('health', health, 'object');
  if (typeof health !== 'object' || health === null) return;
  problems.unknown('health', health, HEALTH);
  problems.type('health.path', health.path, 'string');
  problems.type('health.dbPath', health.dbPath, 'string');
  problems.duration('health.timeoutMs', health.timeoutMs, { min: 1 });
  problems.duration('health.cacheMs', health.cacheMs);
  if (health.guards !== undefined && !Array.isArray(health.guards)) {
    problems.add('health.guards', 'must be an array of guards', typeof health.guards);
  }
}
