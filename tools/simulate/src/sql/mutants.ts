import type { Mutant } from '../seeds/simulation.js';
import { laneMutants } from './lane-mutants.js';

/** Mistakes that code of this kind makes. A simulation that finds none of them would prove nothing. */
export const mutants: readonly Mutant[] = [
  ...laneMutants,
  {
    name: 'false-timeout-on-the-wire-after-a-stall',
    inPackage: '@nest-pooling/core',
    file: 'deadlines.js',
    find: 'this.owner.scheduler.afterIo(() => this.#expire())',
    replace: 'this.#expire()',
  },
  {
    name: 'false-timeout-alone-after-a-stall',
    file: 'statement-limits.js',
    find: 'scheduler.afterIo(() => fire(undefined))',
    replace: 'fire(undefined)',
  },
  {
    name: 'retry-of-a-write',
    file: 'run-once.js',
    find: 'return node.pool.use(run, needs ? options : undefined);',
    replace:
      "return node.pool.use(run, needs ? options : undefined).catch((error) => error.code === 'SQL_CONNECTION_LOST' ? node.pool.use(run, needs ? options : undefined) : Promise.reject(error));",
  },
  {
    name: 'commit-is-cancelled',
    file: 'run-statement.js',
    find: 'await entry.session.commit();',
    replace: 'await Promise.all([entry.session.commit(), entry.session.cancel()]);',
  },
  {
    name: 'commit-is-cancelled-by-the-watchdog',
    file: 'watchdog.js',
    find: "entry.overdue || entry.activity === 'commit'",
    replace: 'entry.overdue',
  },
  {
    name: 'unknown-outcome-told-as-another',
    file: 'transaction.js',
    find: "if (fault?.outcome === 'unknown')",
    replace: 'if (false)',
  },
  {
    name: 'no-turns-on-a-lent-session',
    file: 'turns.js',
    find: 'if (!this.#taken) {',
    replace: 'if (true) {',
  },
  {
    name: 'statements-after-the-end',
    file: 'lent-connection.js',
    find: 'async end() {\n        this.#ended = true;',
    replace: 'async end() {\n        ;',
  },
  {
    name: 'session-state-leaks',
    file: 'run-statement.js',
    find: 'entry.dirty = true;',
    replace: ';',
  },
  {
    name: 'transaction-leaks',
    file: 'node-session.js',
    find: "return state === 'broken' ? 'broken' : 'reset';",
    replace: "return state === 'broken' ? 'broken' : 'ok';",
  },
  {
    name: 'no-quarantine-after-a-cancel',
    file: 'quarantine.js',
    find: 'await session.cancel();',
    replace: 'return true;',
  },
  {
    name: 'hung-sessions-are-kept',
    file: 'watchdog.js',
    find: 'entry.session.destroy();',
    replace: ';',
  },
  {
    name: 'probe-leaves-its-session',
    file: 'prober.js',
    find: 'if (session !== this.#asked)\n            session.destroy();',
    replace: ';',
  },
];
