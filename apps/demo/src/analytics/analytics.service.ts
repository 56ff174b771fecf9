import { Injectable, Logger } from '@nestjs/common';
import { InjectPool } from '@nest-pooling/nestjs';
import { SqlPool } from '@nest-pooling/sql';
import type { Served } from '../http/served-by.js';
import { Servers } from '../servers/servers.js';

/** The revenue of one day in UTC. */
export interface DayRevenue {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly orders: number;
  readonly revenueCents: number;
}

/** So long an order waits to be counted. */
const COUNT_TIMEOUT_MS = 1_000;

/** The shop's revenue, in a database of its own. */
@Injectable()
export class AnalyticsService {
  readonly #logger = new Logger('Analytics');

  constructor(
    @InjectPool('analytics') private readonly analytics: SqlPool,
    private readonly servers: Servers,
  ) {}

  /** What kind of database it is. */
  get kind(): string {
    return this.servers.analytics.kind;
  }

  /**
   * Adds orders to the revenue of the day on which they were placed. Two databases have no transaction in common, and an order that was placed
   * stands: when this fails it is logged, and the next start of the shop puts it right.
   */
  async count(orders: readonly { readonly totalCents: number; readonly placedAt: Date }[]): Promise<void> {
    // Orders of one transaction have the same time.
    const day = orders[0]?.placedAt.toISOString().slice(0, 10);
    const cents = orders.reduce((sum, { totalCents }) => sum + totalCents, 0);
    try {
      await this.analytics.query(this.servers.analytics.sql.add, [day, orders.length, cents], {
        timeoutMs: COUNT_TIMEOUT_MS,
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.warn(`${orders.length} order(s) were not counted: ${reason}`);
    }
  }

  /** The revenue of the last thirty days on which there was some. */
  async revenue(): Promise<Served<readonly DayRevenue[]>> {
    const { node, rows } = await this.analytics.query<DayRevenue>(this.servers.analytics.sql.days);
    return { node, value: rows };
  }
}
