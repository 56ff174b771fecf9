import type { Timer } from '@nest-pooling/core';
import type { ModelClock } from './model-clock.js';

interface Message {
  readonly at: number;
  readonly deliver: () => void;
  /** Called when it arrives, though nobody may take it at that moment. */
  readonly arrived: ((at: number) => void) | undefined;
}

/** Carries messages one way, in their order, each for as long as the way is. */
export class ModelWire {
  #messages: Message[] = [];
  #timer: Timer | undefined;
  #cut = false;
  #held = false;
  /** Messages that have arrived, and that the client has not taken. */
  #untaken = 0;

  constructor(
    private readonly clock: ModelClock,
    private readonly wayMs: () => number,
    /** Messages arrive at the client, which takes them in its I/O phase. */
    private readonly toClient: boolean,
  ) {}

  send(deliver: () => void, arrived?: (at: number) => void): void {
    if (this.#cut) return;
    const ms = this.wayMs();
    const { clock } = this;
    const last = this.#messages.at(-1);
    if (ms === 0 && last === undefined && !this.#held) {
      arrived?.(clock.now());
      this.#give([{ at: clock.now(), deliver, arrived }], this.#untaken > 0);
      return;
    }
    this.#messages.push({ at: Math.max(last?.at ?? 0, clock.now() + ms), deliver, arrived });
    if (this.#timer === undefined && !this.#held) this.#arm();
  }

  /** What is on its way lies still, and whatever is sent; or goes on. */
  hold(held: boolean): void {
    if (this.#held === held) return;
    this.#held = held;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!held && this.#messages.length > 0) this.#arm();
  }

  /** Nothing comes through any more. */
  cut(): void {
    this.#cut = true;
    this.#messages = [];
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const { clock } = this;
    // It may have been held beyond its time.
    const at = Math.max(this.#messages[0]!.at, clock.now());
    this.#timer = clock.after(at - clock.now(), () => {
      this.#timer = undefined;
      // What was sent together arrives together.
      const due = this.#messages.findIndex((message) => message.at > at);
      const arrived = this.#messages.splice(0, due < 0 ? this.#messages.length : due);
      if (this.#messages.length > 0) this.#arm();
      for (const message of arrived) message.arrived?.(at);
      this.#give(arrived, this.toClient);
    });
  }

  /** Delivers, or lets them wait until the client takes what has arrived. */
  #give(messages: readonly Message[], wait: boolean): void {
    if (!wait) {
      this.#deliver(messages);
      return;
    }
    this.#untaken++;
    this.clock.arrives(() => {
      this.#untaken--;
      this.#deliver(messages);
    });
  }

  #deliver(arrived: readonly Message[]): void {
    for (const { deliver } of arrived) if (!this.#cut) deliver();
  }
}
