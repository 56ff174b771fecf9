import {
  Consistency,
  Deadline,
  InjectPool,
  onCommit,
  onRollback,
  Transactional,
  UsePrimary,
  UseReplica,
} from '@nest-pooling/nestjs';
import { SqlPool } from '@nest-pooling/sql';
import { Injectable } from '@nestjs/common';
import { concat, defer, Observable, of } from 'rxjs';

/** What a client asks for. */
export interface Order {
  /** Of the row. */
  readonly id: string;
  /** What is to go wrong: a statement of the second service, or nothing before COMMIT. */
  readonly fail?: 'statement' | 'commit';
}

/** Where a read ran, and whether it saw the row that had been written just before. */
export interface Read {
  readonly node: string;
  readonly seen: boolean;
}

/** What the hooks of transactions did, in their order. */
@Injectable()
export class Journal {
  readonly lines: string[] = [];
}

/** The second service, which knows nothing of a transaction. */
@Injectable()
export class Stock {
  constructor(@InjectPool('shop') private readonly pool: SqlPool) {}

  async take(id: string): Promise<void> {
    await this.pool.query('INSERT INTO taken VALUES ($1)', [id]);
  }
}

/** The first one: each way to give something under `@Transactional`, each decorator that routes or limits. */
@Injectable()
export class Orders {
  constructor(
    @InjectPool('shop') readonly pool: SqlPool,
    private readonly stock: Stock,
    private readonly journal: Journal,
  ) {}

  /** For handlers that are transactions themselves. */
  async write({ id, fail }: Order): Promise<string> {
    onCommit(async () => {
      // Outside of the transaction: what it sees is there for everybody.
      const { rows } = await this.pool.query('SELECT FROM placed WHERE id = $1', [id], { access: 'write' });
      this.journal.lines.push(`${id} committed: ${rows.length}`);
    });
    onRollback(() => void this.journal.lines.push(`${id} rolled back`));
    return this.insert({ id, ...(fail && { fail }) });
  }

  async insert({ id, fail }: Order): Promise<string> {
    await this.pool.query('INSERT INTO placed VALUES ($1)', [id]);
    await this.stock.take(id);
    if (fail === 'statement') await this.stock.take(id);
    if (fail === 'commit') await this.pool.query('INSERT INTO placed VALUES ($1)', [id]);
    return id;
  }

  @Transactional('shop')
  async promise(order: Order): Promise<string> {
    return this.write(order);
  }

  @Transactional('shop')
  observable(order: Order): Observable<string> {
    return concat(
      of('begun'),
      defer(() => this.write(order)),
    );
  }

  @Transactional('shop')
  async *iterator(order: Order): AsyncGenerator<string> {
    yield 'begun';
    yield await this.write(order);
  }

  /** What is written is looked for at once, in three ways. */
  async reads({ id }: Order): Promise<Record<'primary' | 'replica' | 'own', Read>> {
    await this.pool.query('INSERT INTO seen VALUES ($1)', [id]);
    return { primary: await this.primary(id), replica: await this.replica(id), own: await this.own(id) };
  }

  @UsePrimary()
  async primary(id: string): Promise<Read> {
    return this.#read(id);
  }

  @UseReplica()
  async replica(id: string): Promise<Read> {
    return this.#read(id);
  }

  @Consistency('read-your-writes')
  async own(id: string): Promise<Read> {
    return this.#read(id);
  }

  async #read(id: string): Promise<Read> {
    const { rows, node } = await this.pool.query('SELECT FROM seen WHERE id = $1', [id]);
    return { node, seen: rows.length > 0 };
  }

  @Deadline(1_000)
  async slow({ id }: Order): Promise<void> {
    await this.hang({ id });
  }

  async hang({ id }: Order): Promise<void> {
    // The text has to tell one from the other; `id` is the suite's own.
    await this.pool.query(`SELECT pg_sleep(600), '${id}'`);
  }
}
