import type { Budget } from '@nest-pooling/core';

/** Waits for permits as the engine of a pool does. */
export class Owner {
  held = 0;
  calls = 0;
  /** What it was told last by pressure. */
  told: [target: number, wanted: number] = [Infinity, 0];
  /** How many of its permits it does not need. */
  idle = 0;
  readonly forget: () => void;

  constructor(
    readonly budget: Budget,
    public wish = 0,
  ) {
    this.forget = budget.onFree(() => {
      this.calls++;
      this.ensure();
    });
  }

  ensure(): this {
    while (this.held < this.wish) {
      if (!this.budget.tryTake(this)) {
        this.budget.wanted(this, this.wish - this.held);
        break;
      }
      this.held++;
    }
    return this;
  }

  give(n = 1): void {
    for (; n > 0; n--) {
      this.held--;
      this.budget.give(this);
    }
  }
}

export function wishing(budget: Budget, wish: number): Owner {
  return new Owner(budget, wish).ensure();
}

/** Lets the budget call whom it wants to call. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}
