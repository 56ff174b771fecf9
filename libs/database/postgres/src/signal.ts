import type { Env } from '@nest-pooling/core';

/** What a sleeping loop is told: that there is something new, or that it is wanted no more. */
export type News = 'changed' | 'end';

/** Lets one loop sleep. News that come while it is awake are there when it lies down. */
export class Signal {
  #news: News | undefined;
  #wake: (() => void) | undefined;
  #only: News | undefined;

  constructor(private readonly env: Env) {}

  give(news: News): void {
    if (this.#news !== 'end') this.#news = news;
    if (this.#heard()) this.#wake?.();
  }

  /** Sleeps for `ms`, or until there are news; with `only` until these. Answers whether there were some. */
  async sleep(ms: number, only?: News): Promise<boolean> {
    this.#only = only;
    if (!this.#heard()) {
      await new Promise<void>((resolve) => {
        const timer = this.env.scheduler.after(ms, resolve);
        timer.unref();
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#wake = undefined;
    }
    if (!this.#heard()) return false;
    this.#news = undefined;
    return true;
  }

  #heard(): boolean {
    return this.#news !== undefined && (this.#only === undefined || this.#news === this.#only);
  }
}
