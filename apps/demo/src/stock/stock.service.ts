import { ConflictException, Injectable } from '@nestjs/common';
import { InjectPool, Transactional } from '@nest-pooling/nestjs';
import { SqlPool } from '@nest-pooling/sql';
import { inputError } from '../http/input-error.js';

/** How much there is of a product. */
export interface Stock {
  readonly sku: string;
  readonly units: number;
}

const LIST = 'SELECT sku, units FROM stock ORDER BY sku';
const TAKE = 'UPDATE stock SET units = units - $2 WHERE sku = $1 AND units >= $2 RETURNING sku, units';
const ADD = 'UPDATE stock SET units = units + $2 WHERE sku = $1 RETURNING sku, units';

/** What lies in the shop's store. */
@Injectable()
export class StockService {
  constructor(@InjectPool('orders') private readonly orders: SqlPool) {}

  /** Everything. */
  async list(): Promise<readonly Stock[]> {
    const { rows } = await this.orders.query<Stock>(LIST);
    return rows;
  }

  /** Takes some out: in the transaction of its caller, or in one of its own. */
  @Transactional('orders')
  async take(sku: string, units: number): Promise<Stock> {
    const { rows } = await this.orders.query<Stock>(TAKE, [sku, units]);
    if (rows[0] === undefined) throw new ConflictException(`There are not ${units} of '${sku}'.`);
    return rows[0];
  }

  /** Puts some in. Knows of no transaction: whoever calls it may have one. */
  async add(sku: string, units: number, field: string): Promise<Stock> {
    const { rows } = await this.orders.query<Stock>(ADD, [sku, units]);
    if (rows[0] === undefined) throw inputError(field, `there is no product '${sku}'`);
    return rows[0];
  }
}
