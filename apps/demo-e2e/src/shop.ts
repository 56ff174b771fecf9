import type { Answer, Demo } from './demo.js';
import { until } from './until.js';

/** An order as the shop answers it. */
export interface Order {
  readonly id: number;
  readonly sku: string;
  readonly quantity: number;
  readonly customer: string;
  readonly totalCents: number;
  readonly placedAt: string;
}

const PRODUCTS = ['espresso', 'cappuccino', 'filter', 'croissant', 'beans-1kg'];

/** Counts by word. */
export class Counts {
  readonly #counts = new Map<string, number>();

  add(word: string | null): void {
    this.#counts.set(word ?? 'nobody', this.of(word ?? 'nobody') + 1);
  }

  of(word: string): number {
    return this.#counts.get(word) ?? 0;
  }

  /** `replica-1 500, replica-2 500`. */
  get text(): string {
    const sorted = [...this.#counts].toSorted(([a], [b]) => a.localeCompare(b));
    return sorted.map(([word, n]) => `${word} ${n}`).join(', ') || 'none';
  }
}

/** The `n`th order that a test places, with a quantity of 1 to 7. */
export function newOrder(n: number): { sku: string; quantity: number; customer: string } {
  return { sku: PRODUCTS[n % PRODUCTS.length]!, quantity: 1 + (n % 7), customer: `customer ${n}` };
}

/** Does `work` for every number below `count`, `width` of them at a time. */
export async function inParallel(
  count: number,
  width: number,
  work: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const loop = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- the loops run side by side
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, loop));
}

/** Places orders and waits until a read has found each of them, whatever replica serves it. */
export async function placeOrders(
  demo: Demo,
  count: number,
  seen: (write: Answer, read: Answer) => void = () => {},
): Promise<Order[]> {
  const orders: Order[] = [];
  await inParallel(count, 8, async (n) => {
    const write = await demo.post('/orders', newOrder(n));
    if (write.status !== 201) throw new Error(`POST /orders answered ${write.status}: ${write.text}`);
    const order = write.body as Order;
    const read = await until(`a replica had order ${order.id}`, async () => {
      const answer = await demo.get(`/orders/${order.id}`);
      return answer.status === 404 ? undefined : answer;
    });
    orders.push(order);
    seen(write, read.value);
  });
  return orders;
}

/** How often the pools' nodes have failed so far; when it grows, something else disturbed the demo. */
export async function disturbances(demo: Demo): Promise<number> {
  const { body } = await demo.get('/health/pools');
  const { pools } = body as { pools: Record<string, { errors: number }> };
  return Object.values(pools).reduce((sum, { errors }) => sum + errors, 0);
}

/** Resolves when all nodes are in full rotation. */
export async function allActive(demo: Demo): Promise<void> {
  await until('all nodes were active', async () => {
    const { body } = await demo.get('/health/pools');
    const { pools } = body as { pools: Record<string, { status: string }> };
    return Object.values(pools).every(({ status }) => status === 'active') ? true : undefined;
  });
}
