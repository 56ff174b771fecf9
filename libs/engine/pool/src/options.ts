import { defined, Problems, type Budget } from '@nest-pooling/core';
import type { ResourceFactory } from './factory.js';
import { AdaptiveSizer, checkAdaptive, type AdaptiveOptions, type AdaptiveSizes } from './adaptive.js';
import { presets } from './presets.js';
import type { CreateBackoff, LeakOptions, PoolSettings, SheddingOptions } from './settings.js';

/** Everything that makes a pool. */
export interface PoolOptions<T> extends PoolSettings {
  /** Shown in every error, report and metric. */
  readonly name: string;
  /** Creates and destroys what the pool lends. */
  readonly factory: ResourceFactory<T>;
  /** Shares a limit with other pools. Default: the environment's budget, if it has one. */
  readonly budget?: Budget;
}

/** The options with every default filled in; the sizes may change later. */
export type ResolvedSettings = { name: string } & {
  -readonly [
    K in Exclude<keyof PoolSettings, 'preset' | 'createBackoff' | 'leak' | 'shedding' | 'adaptive'>
  ]-?: NonNullable<PoolSettings[K]>;
} & {
  createBackoff: Required<CreateBackoff>;
  leak: Required<LeakOptions>;
  shedding: Required<SheddingOptions> | undefined;
  adaptive: AdaptiveOptions | undefined;
};

const defaults = {
  max: 10,
  maxIdle: Infinity,
  leasesPerResource: 1,
  maxWaiters: 10_000,
  acquireTimeoutMs: 10_000,
  createTimeoutMs: 5_000,
  createConcurrency: 4,
  failFastAfterMs: 1_000,
  idleTimeoutMs: 300_000,
  maxLifetimeMs: 1_800_000,
  lifetimeJitter: 0.1,
  // Counted down in a small integer; "no limit" is more than any resource lives through.
  maxUses: 1_000_000_000,
  validateAfterIdleMs: 30_000,
  validateTimeoutMs: 2_000,
  resetTimeoutMs: 5_000,
  destroyTimeoutMs: 5_000,
  closeTimeoutMs: 5_000,
  unhealthyWaiters: 10,
  keepaliveIntervalMs: 30_000,
  validateOnReturn: false,
  freezeCheck: 'tick' as const,
  priorityAgingMs: 1_000,
  slowAcquireMs: 1_000,
  detectDeadlock: false,
  histograms: false,
};
const MIN = 2;
const createBackoffDefaults = { initialMs: 100, maxMs: 5_000 };
const leakDefaults = {
  warnAfterMs: 60_000,
  reclaimAfterMs: Infinity,
  stacks: 'off' as const,
  collected: false,
};
const sheddingDefaults = { targetMs: 50, intervalMs: 2_000 };
const nested = {
  createBackoff: Object.keys(createBackoffDefaults),
  leak: Object.keys(leakDefaults),
  shedding: Object.keys(sheddingDefaults),
};

/** The names of all settings, for those who check options that contain them. */
export const poolSettingNames: readonly (keyof PoolSettings)[] = [
  'preset',
  'min',
  'createBackoff',
  'leak',
  'shedding',
  'adaptive',
  ...(Object.keys(defaults) as (keyof typeof defaults)[]),
];

/** Collects what is wrong with pool settings under `path` (empty, or ending in a dot). */
export function checkSettings(settings: PoolSettings, problems: Problems, path = ''): void {
  const at = (name: string): string => `${path}${name}`;
  problems.oneOf(at('preset'), settings.preset, Object.keys(presets));
  problems.number(at('min'), settings.min, { min: 0, integer: true });
  problems.number(at('max'), settings.max, { min: 1, max: 1_000_000, integer: true });
  problems.number(at('maxIdle'), settings.maxIdle, { min: 0, integer: true, infinite: true });
  problems.number(at('maxWaiters'), settings.maxWaiters, { min: 0, integer: true, infinite: true });
  problems.number(at('leasesPerResource'), settings.leasesPerResource, {
    min: 1,
    max: 1_000_000,
    integer: true,
  });
  if ((settings.leasesPerResource ?? 1) > 1 && settings.leak?.collected) {
    problems.add(at('leak.collected'), 'cannot be told with leasesPerResource above 1');
  }
  problems.number(at('createConcurrency'), settings.createConcurrency, { min: 1, integer: true });
  problems.number(at('maxUses'), settings.maxUses, { min: 1, max: defaults.maxUses, integer: true });
  problems.number(at('unhealthyWaiters'), settings.unhealthyWaiters, { min: 1, infinite: true });
  problems.number(at('lifetimeJitter'), settings.lifetimeJitter, { min: 0, max: 1 });
  problems.duration(at('acquireTimeoutMs'), settings.acquireTimeoutMs);
  problems.duration(at('failFastAfterMs'), settings.failFastAfterMs, { infinite: true });
  problems.duration(at('idleTimeoutMs'), settings.idleTimeoutMs, { min: 1, infinite: true });
  problems.duration(at('maxLifetimeMs'), settings.maxLifetimeMs, { min: 1, infinite: true });
  problems.duration(at('validateAfterIdleMs'), settings.validateAfterIdleMs, { infinite: true });
  for (const name of [
    'createTimeoutMs',
    'validateTimeoutMs',
    'resetTimeoutMs',
    'destroyTimeoutMs',
    'closeTimeoutMs',
  ] as const) {
    problems.duration(at(name), settings[name], { min: 1 });
  }
  for (const [name, known] of Object.entries(nested)) {
    const value: unknown = settings[name as keyof typeof nested];
    problems.type(at(name), value, 'object');
    if (typeof value === 'object' && value !== null) problems.unknown(at(name), value, known);
  }
  problems.duration(at('createBackoff.initialMs'), settings.createBackoff?.initialMs, { min: 1 });
  problems.duration(at('createBackoff.maxMs'), settings.createBackoff?.maxMs, { min: 1 });
  problems.oneOf(at('freezeCheck'), settings.freezeCheck, ['tick', 'borrow']);
  for (const name of ['validateOnReturn', 'detectDeadlock', 'histograms'] as const) {
    problems.type(at(name), settings[name], 'boolean');
  }
  problems.duration(at('keepaliveIntervalMs'), settings.keepaliveIntervalMs, { min: 1, infinite: true });
  problems.duration(at('priorityAgingMs'), settings.priorityAgingMs, { infinite: true });
  problems.duration(at('slowAcquireMs'), settings.slowAcquireMs, { min: 1, infinite: true });
  problems.duration(at('shedding.targetMs'), settings.shedding?.targetMs, { min: 1 });
  problems.duration(at('shedding.intervalMs'), settings.shedding?.intervalMs, { min: 1 });
  problems.duration(at('leak.reclaimAfterMs'), settings.leak?.reclaimAfterMs, { min: 1, infinite: true });
  problems.oneOf(at('leak.stacks'), settings.leak?.stacks, ['off', 'sampled', 'always']);
  problems.type(at('leak.collected'), settings.leak?.collected, 'boolean');
  problems.duration(at('leak.warnAfterMs'), settings.leak?.warnAfterMs, { min: 1, infinite: true });
  const preset = Object.hasOwn(presets, settings.preset ?? '') ? presets[settings.preset!] : {};
  const { min, max = defaults.max, maxIdle = defaults.maxIdle } = { ...preset, ...defined(settings) };
  const [limit, most] = maxIdle < max ? ['maxIdle', maxIdle] : ['max', max];
  if (typeof min === 'number' && min > most) {
    problems.add(at('min'), `must not be more than ${limit} (${most})`, min);
  }
  checkAdaptation({ ...preset, ...defined(settings) }, problems, at('adaptive'));
}

function checkAdaptation(settings: PoolSettings, problems: Problems, path: string): void {
  const { adaptive } = settings;
  problems.type(path, adaptive, 'object');
  if (typeof adaptive !== 'object' || adaptive === null) return;
  const { max, maxIdle, min = Math.min(MIN, max, maxIdle) } = { ...defaults, ...settings };
  const sizes = sizesOf({ adaptive, min, max });
  checkAdaptive(sizes, problems, path);
  if (sizes.floor < min) problems.add(`${path}.floor`, `must not be less than min (${min})`, sizes.floor);
}

/** Fills in the preset and the defaults. The caller's object is never changed, and later changes to it have no effect. */
export function resolveSettings(name: string, given: PoolSettings): ResolvedSettings {
  const preset = given.preset === undefined ? {} : presets[given.preset];
  const {
    preset: _preset,
    createBackoff,
    leak,
    shedding,
    adaptive,
    ...plain
  } = { ...preset, ...defined(given) };
  const { max, maxIdle } = { ...defaults, ...plain };
  return {
    ...defaults,
    min: Math.min(MIN, max, maxIdle),
    ...plain,
    name,
    createBackoff: { ...createBackoffDefaults, ...defined(createBackoff ?? {}) },
    leak: { ...leakDefaults, ...defined(leak ?? {}) },
    adaptive: adaptive === undefined ? undefined : { ...adaptive },
    shedding: shedding === undefined ? undefined : { ...sheddingDefaults, ...defined(shedding) },
  };
}

/** Refuses wrong options, all problems at once, and fills in the rest. */
export function resolvePoolOptions<T>(options: PoolOptions<T>): ResolvedSettings {
  const problems = new Problems();
  const { name, factory, budget, ...settings } = options;
  if (typeof name !== 'string' || name === '') problems.add('name', 'must be a text that is not empty', name);
  problems.unknown('', settings, poolSettingNames);
  if (typeof factory?.create !== 'function')
    problems.add('factory.create', 'must be a function', typeof factory?.create);
  for (const hook of ['check', 'validate', 'reset', 'destroy'] as const) {
    problems.type(`factory.${hook}`, factory?.[hook], 'function');
  }
  problems.type('budget', budget, 'object');
  checkSettings(settings, problems);
  problems.throwIfAny(`the pool '${name}'`);
  return resolveSettings(name, settings);
}

/** What finds the size of an adaptive pool. */
export function sizerOf({ adaptive, min, max }: ResolvedSettings): AdaptiveSizer | undefined {
  return adaptive === undefined ? undefined : new AdaptiveSizer(sizesOf({ adaptive, min, max }));
}

function sizesOf(sized: { adaptive: AdaptiveOptions; min: number; max: number }): AdaptiveSizes {
  const { adaptive, min, max } = sized;
  const { floor = Math.max(1, min), ceiling = max } = adaptive;
  return { ...adaptive, floor, ceiling };
}
