import type { Timer } from '@nest-pooling/core';
import type { RouterWorld } from './world.js';

/** When it is time to heal, what goes on ends within so many milliseconds. */
const SOON_MS = [0, 30, 200] as const;

/** How long troubles last: as long as they are said to, and less when it is time to heal, since waiting for them would be most of a seed. */
export class Lasting {
  readonly #ends = new Set<{ timer: Timer; readonly end: () => void }>();
  #hastened = false;

  constructor(private readonly world: RouterWorld) {}

  /** Settles when what began now ends. */
  during(ms: number): Promise<void> {
    const { world } = this;
    world.naps++;
    return new Promise((resolve) => {
      const end = (): void => {
        world.naps--;
        this.#ends.delete(one);
        resolve();
      };
      const one = { timer: world.env.scheduler.after(this.#hastened ? this.#soon(ms) : ms, end), end };
      this.#ends.add(one);
    });
  }

  /** What goes on ends soon, each by itself, and so does what begins now. */
  hasten(): void {
    this.#hastened = true;
    for (const one of this.#ends) {
      one.timer.cancel();
      one.timer = this.world.env.scheduler.after(this.#soon(Infinity), one.end);
    }
  }

  /** Troubles last as long as they are said to again. */
  relent(): void {
    this.#hastened = false;
  }

  #soon(ms: number): number {
    return Math.min(ms, this.world.otherDice.pick(SOON_MS));
  }
}
