import { Injectable } from '@nestjs/common';
import { Deadline, InjectRouter, onCommit, Transactional } from '@nest-pooling/nestjs';
import type { SqlResult } from '@nest-pooling/sql';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import { AnalyticsService } from '../analytics/analytics.service.js';
import { inputError } from '../http/input-error.js';
import type { Served } from '../http/served-by.js';
import type { ListQuery, NewOrder } from './orders.input.js';

/** An order that was placed. Money is in cents. */
export interface Order {
  readonly id: number;
  readonly sku: string;
  readonly quantity: number;
  readonly customer: string;
  readonly totalCents: number;
  readonly placedAt: Date;
}

/** The latest orders, with the number and the sum of all. */
export interface OrderList {
  readonly count: number;
  readonly sumCents: number;
  readonly orders: readonly Order[];
}

/** So long a reader waits, whatever it is that takes so long. */
const READ_TIMEOUT_MS = 10_000;

const COLUMNS = 'id, sku, quantity, customer, total_cents AS "totalCents", placed_at AS "placedAt"';

const INSERT = `
  INSERT INTO orders (sku, quantity, customer, total_cents)
  SELECT sku, $2::int, $3, price_cents * $2::int FROM products WHERE sku = $1
  RETURNING ${COLUMNS}`;

const LIST = `
  SELECT ${COLUMNS}, count(*) OVER ()::int AS count, (sum(total_cents) OVER ())::float8 AS "sumCents"
  FROM orders ORDER BY id DESC LIMIT $1`;

const FIND = `SELECT ${COLUMNS} FROM orders WHERE id = $1`;

/** Places and finds orders. */
@Injectable()
export class OrdersService {
  constructor(
    @InjectRouter('orders') private readonly orders: ReadReplicaRouter,
    private readonly analytics: AnalyticsService,
  ) {}

  /** Answers with what the primary has written, since a replica may not have it yet. */
  async place(order: NewOrder): Promise<Served<Order>> {
    const { node, rows } = await this.#insert(order, 'sku');
    await this.analytics.count(rows);
    return { node, value: rows[0]! };
  }

  /** Places all of them or, if there is something wrong with one, none. */
  @Transactional('orders')
  async placeAll(orders: readonly NewOrder[]): Promise<Served<readonly Order[]>> {
    const value: Order[] = [];
    let served = '';
    for (const [at, order] of orders.entries()) {
      // On the router, and yet inside the transaction: a call in the same asynchronous flow joins it.
      // oxlint-disable-next-line no-await-in-loop
      const { node, rows } = await this.#insert(order, `orders.${at}.sku`);
      value.push(...rows);
      served = node;
    }
    // Only what stands is counted.
    onCommit(() => this.analytics.count(value));
    return { node: served, value };
  }

  /** Places one in the transaction of its caller, which must have one; it is counted once that stands. */
  @Transactional('orders', { propagation: 'mandatory' })
  async enter(order: NewOrder): Promise<Served<Order>> {
    const { node, rows } = await this.#insert(order, 'sku');
    onCommit(() => this.analytics.count(rows));
    return { node, value: rows[0]! };
  }

  /** The latest orders, from a replica. Whoever waits for longer has gone. */
  @Deadline(READ_TIMEOUT_MS)
  async list({ limit, strategy }: ListQuery): Promise<Served<OrderList>> {
    const { node, rows } = await this.orders.read<Order & { count: number; sumCents: number }>(
      LIST,
      [limit],
      strategy === undefined ? {} : { strategy },
    );
    const { count = 0, sumCents = 0 } = rows[0] ?? {};
    return {
      node,
      value: { count, sumCents, orders: rows.map(({ count: _, sumCents: __, ...order }) => order) },
    };
  }

  /** One order, from a replica. */
  @Deadline(READ_TIMEOUT_MS)
  async find(id: number): Promise<Served<Order | undefined>> {
    const { node, rows } = await this.orders.query<Order>(FIND, [id]);
    return { node, value: rows[0] };
  }

  async #insert(order: NewOrder, field: string): Promise<SqlResult<Order>> {
    const { sku, quantity, customer } = order;
    const result = await this.orders.query<Order>(INSERT, [sku, quantity, customer]);
    if (result.rows.length === 0) throw inputError(field, `there is no product '${sku}'`);
    return result;
  }
}
