import type { Pipe } from './pipe.js';
import type { Multiplexer } from './multiplexer.js';
import type { Read } from './read.js';

/** What a pipe is asked after a cancel: when this has ended, a late one cannot hit anybody any more. */
const BARRIER = { text: 'SELECT 1' };
/** A cancel that comes between two messages of a statement is lost: after so long it is sent again. */
const AGAIN_MS = 200;
/** A statement that does not end for so long after it was cancelled will not soon: who is behind it moves on. */
const PATIENCE_MS = 2_000;

/** Ends statements of a pipe whose callers have given up, each when it runs. */
export class Cancelling {
  /** A request is on its way. */
  #asking = false;
  /** Questions behind requests that were delivered. */
  #barriers = 0;
  /** The one that the last request was for, since when it has been asked for, and when it was last. */
  #read: Read | undefined;
  #since = 0;
  #askedAt = 0;

  constructor(
    private readonly mux: Multiplexer,
    private readonly pipe: Pipe,
  ) {}

  /** Whoever is on the wire now, or comes now, could be hit. */
  get active(): boolean {
    return this.#asking || this.#barriers > 0;
  }

  /** What usually takes a moment does not come to an end: the request does not get through, or the server does not answer. */
  hangs(now: number): boolean {
    return this.active && now - this.#askedAt > AGAIN_MS;
  }

  /** The one that runs is nobody's any more. */
  end(read: Read): void {
    const { mux, pipe } = this;
    if (this.#asking || !mux.node.driver.can.cancel) return;
    const now = mux.clock.now();
    if (read !== this.#read) {
      this.#read = read;
      this.#since = now;
    } else if (now - this.#since > PATIENCE_MS) {
      pipe.spoil();
      return;
    } else if (now - this.#askedAt < AGAIN_MS) return;
    this.#askedAt = now;
    this.#asking = true;
    pipe.entry.session.cancel().then(
      () => {
        this.#asking = false;
        this.#barriers++;
        pipe.watched();
        pipe.entry.session.submit!(BARRIER, { answered: this.#passed, failed: this.#passed });
        // The next one may be one that nobody waits for, too: it must not wait for the barrier, which stands behind it.
        pipe.endGivenUp();
      },
      () => {
        this.#asking = false;
        // What it should have ended may run for long.
        pipe.spoil();
      },
    );
  }

  readonly #passed = (): void => {
    this.#barriers--;
    this.pipe.passed();
  };
}
