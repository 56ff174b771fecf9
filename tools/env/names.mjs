// The names behind which Node keeps time and chance.

const words = (text) => text.trim().split(/\s+/);

/** Globals that are one or the other themselves, or that run text which may name them. */
export const GLOBALS = new Set(
  words(`setTimeout setInterval setImmediate Date performance PerformanceObserver FinalizationRegistry
    WeakRef Temporal eval require`),
);

/** Globals of other hosts: undeclared here, so that the compiler cannot resolve them. */
export const UNKNOWN = new Set(words('self window frames scheduler'));

/** Objects that carry some of it, and under which names; `*` also carries every global. */
export const HOLDERS = {
  globalThis: words('* self window scheduler'),
  global: words('* self window scheduler'),
  Math: ['random'],
  AbortSignal: ['timeout'],
  process: words('hrtime uptime cpuUsage getBuiltinModule mainModule binding'),
  crypto: words('randomUUID getRandomValues'),
  Atomics: words('wait waitAsync'),
  // `Function.prototype` is harmless, a call of it runs text.
  Function: ['constructor'],
  console: words('time timeEnd timeLog timeStamp'),
};

/** The same members by the type that declares them, however the object came to be called. */
export const MEMBERS = {
  Math: HOLDERS.Math,
  Process: HOLDERS.process,
  Crypto: HOLDERS.crypto,
  Atomics: HOLDERS.Atomics,
  Console: HOLDERS.console,
  Socket: ['setTimeout'],
  Event: ['timeStamp'],
};

/** Modules that are nothing else, or that load any other. */
export const MODULES = new Set(words('timers timers/promises perf_hooks module vm repl inspector test'));

/** Modules of which all but these names may be imported, by name. */
export const NAMED_ONLY = {
  crypto: words(`randomBytes randomInt randomUUID randomFill randomFillSync pseudoRandomBytes prng rng
    getRandomValues webcrypto subtle generatePrime generatePrimeSync generateKey generateKeySync
    generateKeyPair generateKeyPairSync default`),
  os: words('uptime default'),
  process: [...HOLDERS.process, 'default'],
  console: [...HOLDERS.console, 'default'],
};
