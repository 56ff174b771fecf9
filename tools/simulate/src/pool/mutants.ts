import type { Mutant } from '../seeds/simulation.js';

/** Mistakes that pool code makes. A simulation that finds none of them would prove nothing. */
export const mutants: readonly Mutant[] = [
  {
    name: 'lend-twice',
    file: 'engine.js',
    find: 'const slot = idle.pop();',
    replace: 'const slot = idle.at(-1);',
  },
  {
    name: 'lost-wake-up',
    file: 'engine.js',
    find: 'const waiter = this.waiting.first;',
    replace: 'const waiter = undefined;',
  },
  {
    name: 'never-refill-min',
    file: 'maker.js',
    find: "const forMin = status === 'draining' ? 0 :",
    replace: 'const forMin = true ? 0 :',
  },
  {
    name: 'creates-beyond-max',
    file: 'maker.js',
    find: 'settings.max - slots.size,',
    replace: 'settings.max - engine.leased,',
  },
  {
    name: 'discarded-still-counts-as-leased',
    file: 'engine.js',
    find: 'this.leased--;',
    replace: 'if (slot.doomed === undefined) this.leased--;',
  },
  {
    name: 'next-deadline-too-late',
    inPackage: '@nest-pooling/core',
    file: 'deadlines.js',
    find: 'this.#arm(this.#first.deadline - now);',
    replace: 'this.#arm(this.timeoutMs);',
  },
  {
    name: 'deadline-too-early',
    inPackage: '@nest-pooling/core',
    file: 'deadlines.js',
    find: 'this.#first.deadline <= now',
    replace: 'this.#first.deadline - 20 <= now',
  },
  {
    name: 'aborted-waiter-stays-in-the-queue',
    file: 'waiting.js',
    find: 'this.leave(waiter);\n            waiter.reject(new PoolCancelledError',
    replace: 'waiter.reject(new PoolCancelledError',
  },
  {
    name: 'abort-listener-left',
    file: 'waiting.js',
    find: "waiter.signal?.removeEventListener('abort', waiter.onAbort);",
    replace: ';',
  },
  {
    name: 'release-ignores-doomed',
    file: 'engine.js',
    find: "verdict === 'ok' && slot.doomed === undefined && usesLeft > 0)",
    replace: "verdict === 'ok' && usesLeft > 0)",
  },
  {
    name: 'reset-verdict-ignored',
    file: 'engine.js',
    find: "else if (verdict !== 'ok')",
    replace: "else if (verdict === 'validate')",
  },
  {
    name: 'max-uses-ignored',
    file: 'engine.js',
    find: 'const usesLeft = --slot.usesLeft;',
    replace: 'const usesLeft = 1;',
  },
  {
    name: 'validation-result-ignored',
    file: 'examiner.js',
    find: 'if (!fit) {',
    replace: 'if (false) {',
  },
  {
    name: 'late-create-not-destroyed',
    file: 'maker.js',
    find: "(resource) => this.#destroy(resource, 'created too late').catch(() => { })",
    replace: '() => { }',
  },
  {
    name: 'close-forgets-idle-ones',
    file: 'ending.js',
    find: "engine.close(slot, 'pool closed');",
    replace: ';',
  },
  {
    name: 'permit-not-given-back',
    file: 'maker.js',
    find: '            budget?.give(this.engine);',
    replace: '            ;',
  },
  {
    name: 'last-come-first-served',
    file: 'waiter.js',
    find: 'waiter.previous = this.#tail;\n        if (this.#tail === undefined)\n            this.head = waiter;\n        else\n            this.#tail.next = waiter;\n        this.#tail = waiter;',
    replace:
      'waiter.next = this.head;\n        if (this.head === undefined)\n            this.#tail = waiter;\n        else\n            this.head.previous = waiter;\n        this.head = waiter;',
  },
  {
    name: 'resize-forgets-the-surplus',
    file: 'modes.js',
    find: 'const surplus = Math.max(0,',
    replace: 'const surplus = 0 * Math.max(0,',
  },
  {
    name: 'double-release-frees-twice',
    file: 'lease.js',
    find: "misused(slot, 'released', this.#generation);\n            return;\n        }\n        this.#generation = ENDED;",
    replace: "misused(slot, 'released', this.#generation);\n            return;\n        }",
  },
  {
    name: 'keeper-stops',
    file: 'keeper.js',
    find: 'this.#leapt(before);\n        this.#arm();',
    replace: 'this.#leapt(before);',
  },
  {
    name: 'idle-counts-from-the-borrowing',
    file: 'engine.js',
    find: 'slot.idleTick = this.tick;',
    replace: 'slot.idleTick = slot.lentTick;',
  },
  {
    name: 'keeper-outlives-the-pool',
    file: 'ending.js',
    find: 'engine.keeper.stop();',
    replace: ';',
  },
];
