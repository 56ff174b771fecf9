import type { Mutant } from '../seeds/simulation.js';

/** Mistakes that code makes which lets many share a session. */
export const laneMutants: readonly Mutant[] = [
  {
    name: 'window-ignored',
    file: 'lanes/pipe.js',
    find: 'return this.usable && this.inFlight < WINDOW;',
    replace: 'return this.usable;',
  },
  {
    name: 'answer-to-the-wrong-read',
    file: 'lanes/pipe.js',
    find: 'read.resolve({',
    replace: '(this.#head ?? read).resolve({',
  },
  {
    name: 'share-left-out',
    file: 'lanes/pipes.js',
    find: 'await entry.session.share();',
    replace: ';',
  },
  {
    name: 'cancel-though-not-at-the-head',
    file: 'lanes/pipe.js',
    find: 'if (read === this.#head)\n            this.#cancelling.end(read);',
    replace: 'this.#cancelling.end(read);',
  },
  {
    name: 'barrier-left-out',
    file: 'lanes/cancelling.js',
    find: 'pipe.entry.session.submit(BARRIER, { answered: this.#passed, failed: this.#passed });',
    replace: 'this.#passed();',
  },
  {
    name: 'stray-cancel-given-to-the-neighbour',
    file: 'lanes/multiplexer.js',
    find: "const stray = fault.category === 'cancelled' && pipe.cancelling;",
    replace: 'const stray = false;',
  },
  {
    name: 'neighbours-of-a-cut-pipe-fail',
    file: 'lanes/multiplexer.js',
    find: "const cut = fault.category === 'connection' && pipe.spoilt;",
    replace: 'const cut = false;',
  },
  {
    name: 'hit-twice-fails',
    file: 'lanes/multiplexer.js',
    find: 'if (read.repeated) {\n            this.#alone(read);\n            return;\n        }',
    replace:
      'if (read.repeated) {\n            read.reject(new Error("unlucky"));\n            return;\n        }',
  },
  {
    name: 'hidden-write-repeated',
    file: 'lanes/multiplexer.js',
    find: "this.node.query(read.statement, limits, 'read'))",
    replace:
      "this.node.query(read.statement, limits, 'read').catch((error) => error.code === 'SQL_CONNECTION_LOST' ? this.node.query(read.statement, limits, 'read') : Promise.reject(error)))",
  },
  {
    name: 'scope-of-a-neighbour',
    file: 'lanes/multiplexer.js',
    find: "runOutsideContext(() => this.node.query(read.statement, limits, 'read'))",
    replace: "this.node.query(read.statement, limits, 'read')",
  },
  {
    name: 'not-reset-after-sharing',
    file: 'lanes/pipes.js',
    find: 'entry.dirty = true;',
    replace: ';',
  },
  {
    name: 'pipe-never-given-back-under-pressure',
    file: 'lanes/relief.js',
    find: 'if (idle || this.#heldLong(least, pipes.length))',
    replace: 'if (idle)',
  },
  {
    name: 'pressure-seen-only-once',
    file: 'lanes/pipes.js',
    find: 'this.#relief.relieve();',
    replace: ';',
  },
  {
    name: 'timer-not-removed',
    file: 'lanes/pipes.js',
    find: 'dispose() {\n        this.#timer?.cancel();',
    replace: 'dispose() {\n        ;',
  },
  {
    name: 'deadlines-not-disposed',
    file: 'lanes/limits.js',
    find: 'this.#deadlines.dispose();',
    replace: ';',
  },
  {
    name: 'listener-left',
    file: 'lanes/read.js',
    find: "this.signal?.removeEventListener('abort', this.onAbort);",
    replace: ';',
  },
  {
    name: 'status-not-idle-kept-in-the-pipe',
    file: 'lanes/pipe.js',
    find: "if (this.entry.session.state === 'idle')\n            this.#goOn();\n        else\n            this.spoil();",
    replace: 'this.#goOn();',
  },
  {
    name: 'deadline-of-a-queued-read-forgotten',
    file: 'lanes/limits.js',
    find: 'Math.min(acquireTimeoutMs, read.expires - now)',
    replace: 'acquireTimeoutMs',
  },
  {
    name: 'time-begins-with-the-turn',
    file: 'lanes/limits.js',
    find: 'const own = this.node.env.scheduler.now() +',
    replace: 'const own = this.clock.now() +',
  },
  {
    name: 'deadline-on-the-wire-forgotten',
    file: 'lanes/limits.js',
    find: 'if (read.expires === Infinity)',
    replace: 'if (true)',
  },
  {
    name: 'watchdog-does-not-see-the-barrier',
    file: 'lanes/pipe.js',
    find: 'if (!this.cancelling)\n                entry.activity',
    replace: 'entry.activity',
  },
  {
    name: 'lost-wake-up',
    file: 'lanes/pipes.js',
    find: 'this.#watch();\n        this.mux.feed(pipe);',
    replace: 'this.#watch();',
  },
  {
    name: 'pipe-with-a-dead-session-kept',
    file: 'lanes/pipe.js',
    find: 'if (this.entry.broken)\n            this.mux.lost(this);\n        else\n            this.#goOn();',
    replace: 'this.#goOn();',
  },
  {
    name: 'more-and-more-pipes',
    file: 'lanes/pipes.js',
    find: 'const ENOUGH = 2;',
    replace: 'const ENOUGH = 9;',
  },
];
