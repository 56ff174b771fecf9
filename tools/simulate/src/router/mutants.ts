import type { Mutant } from '../seeds/simulation.js';

/** Mistakes that code of this kind makes. A simulation that finds none of them would prove nothing. */
export const mutants: readonly Mutant[] = [
  {
    name: 'no-fence',
    inPackage: '@nest-pooling/sql',
    file: 'sql-node.js',
    find: 'this.#sessions.end(false);',
    replace: ';',
  },
  {
    name: 'old-primary-is-believed',
    file: 'topology.js',
    find: 'if (member.timeline > this.#timeline)\n            this.#promote(member);',
    replace: 'if (true)\n            this.#promote(member);',
  },
  {
    name: 'promotion-not-noticed',
    file: 'topology.js',
    find: 'else\n            this.#claim(member);',
    replace: 'else\n            ;',
  },
  {
    name: 'token-ignored',
    file: 'causal-bridge.js',
    find: 'if (problem === undefined)\n            scope?.expect(this.consistency, decoded);',
    replace: 'if (problem === undefined)\n            ;',
  },
  {
    name: 'own-writes-not-counted',
    file: 'position-book.js',
    find: 'this.#writes++;',
    replace: ';',
  },
  {
    name: 'position-asked-for-before-the-write',
    file: 'position-book.js',
    find: 'return { ms: this.env.scheduler.now(), writes: this.#writes };',
    replace: 'return { ms: this.env.scheduler.now(), writes: this.#writes + 1 };',
  },
  {
    name: 'behind-taken-as-reached',
    file: 'position-samples.js',
    find: "if (this.compare(position, samples[at].position) === 'reached')",
    replace: "if (this.compare(position, samples[at].position) !== 'incomparable')",
  },
  {
    name: 'bound-ignored',
    file: 'position-book.js',
    find: 'if (progress.ms >= ms)',
    replace: 'if (true)',
  },
  {
    name: 'silence-taken-for-the-present',
    file: 'position-book.js',
    find: 'newest.writes < this.#told',
    replace: 'false',
  },
  {
    name: 'strong-reads-anywhere',
    file: 'read-consistency.js',
    find: "if (effective === 'strong')",
    replace: 'if (false)',
  },
  {
    name: 'retry-of-a-write',
    file: 'writer.js',
    find: 'const notSent = !begun() && wasNotSent(error);',
    replace: "const notSent = wasNotSent(error) || error.code === 'SQL_CONNECTION_LOST';",
  },
  {
    name: 'a-read-that-may-have-written-is-sent-again',
    file: 'reader.js',
    find: 'doubt = error;',
    replace: ';',
  },
  {
    name: 'a-frozen-node-keeps-its-reads',
    file: 'router-parts.js',
    find: "if (to === 'ejected')",
    replace: 'if (false)',
  },
  {
    name: 'ejected-nodes-are-read',
    file: 'selector.js',
    find: 'this.replicas.filter((node) => node.health.admits)',
    replace: 'this.replicas',
  },
  {
    name: 'reads-do-not-move',
    file: 'verdict.js',
    find: "node.health.failed('hard');\n        return 'elsewhere';",
    replace: "node.health.failed('hard');\n        return 'final';",
  },
  {
    name: 'guard-keeps-a-permit',
    file: 'fallback-guard.js',
    find: 'leave() {\n        this.#active--;',
    replace: 'leave() {\n        ;',
  },
  {
    name: 'guard-forgets-who-waits',
    file: 'fallback-guard.js',
    find: 'this.#waiters[0].admit();',
    replace: 'this.#waiters.shift();',
  },
  {
    name: 'gate-forgets-who-waits',
    file: 'failover-gate.js',
    find: "settle('closed');",
    replace: ';',
  },
  {
    name: 'gate-has-no-deadline',
    file: 'failover-gate.js',
    find: 'const timer = ms === Infinity ? undefined',
    replace: 'const timer = true ? undefined',
  },
  {
    name: 'a-reader-does-not-stop-waiting',
    file: 'catch-up.js',
    find: 'timer?.cancel();\n                    signal',
    replace: 'signal',
  },
];
