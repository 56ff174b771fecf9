import { InjectPool, onCommit, PoolingModule, Transactional as Ours } from '@nest-pooling/nestjs';
import { TransactionalAdapterSqlPool } from '@nest-pooling/nestjs/cls';
import { postgres } from '@nest-pooling/postgres';
import { SqlPool } from '@nest-pooling/sql';
import {
  ClsPluginTransactional,
  InjectTransaction,
  Propagation,
  Transactional,
  TransactionHost,
  type Transaction,
} from '@nestjs-cls/transactional';
import { Injectable, Module } from '@nestjs/common';
import { ClsModule } from 'nestjs-cls';

type Adapter = TransactionalAdapterSqlPool;

/** Uses what the library hands out, and nothing of ours. */
@Injectable()
export class Stock {
  constructor(private readonly host: TransactionHost<Adapter>) {}

  @Transactional()
  async take(id: string): Promise<void> {
    await this.host.tx.query('INSERT INTO taken VALUES ($1)', [id]);
  }
}

/** Methods of every propagation, and both libraries within each other. */
@Injectable()
export class Orders {
  readonly committed: string[] = [];

  constructor(
    private readonly host: TransactionHost<Adapter>,
    @InjectTransaction() private readonly tx: Transaction<Adapter>,
    @InjectPool('shop') private readonly pool: SqlPool,
    private readonly stock: Stock,
  ) {}

  @Transactional()
  async place(id: string, then?: () => Promise<unknown>): Promise<unknown> {
    onCommit(async () => {
      const { rows } = await this.host.tx.query('SELECT FROM placed WHERE id = $1', [id], {
        access: 'write',
      });
      this.committed.push(`${id}: ${rows.length}`);
    });
    await this.host.tx.query('INSERT INTO placed VALUES ($1)', [id]);
    await this.stock.take(id);
    return then?.();
  }

  @Transactional(Propagation.RequiresNew)
  async separate(id: string): Promise<void> {
    // The injected pool takes part as well.
    await this.pool.query('INSERT INTO placed VALUES ($1)', [id]);
  }

  @Transactional(Propagation.Nested)
  async part(id: string, fail: boolean): Promise<void> {
    await this.host.tx.query('INSERT INTO placed VALUES ($1)', [id]);
    if (fail) throw new Error('the part fails');
  }

  @Transactional(Propagation.NotSupported)
  async suspended(id: string): Promise<number> {
    return (await this.host.tx.query('SELECT FROM placed WHERE id = $1', [id], { access: 'write' })).rows
      .length;
  }

  @Transactional(Propagation.Mandatory)
  async mandatory(): Promise<string> {
    return 'in a transaction';
  }

  @Transactional(Propagation.Never)
  async never(): Promise<string> {
    return 'in none';
  }

  @Transactional<Adapter>({ isolation: 'serializable' })
  async isolation(): Promise<unknown> {
    return (await this.tx.query('SHOW transaction_isolation')).rows[0];
  }

  @Transactional<Adapter>({ timeoutMs: 1_000 })
  async late(): Promise<unknown> {
    return this.host.tx.query('SELECT pg_sleep(600)');
  }

  /** Ours around theirs. */
  @Ours('shop')
  async ours(id: string, fail: boolean): Promise<void> {
    await this.place(id);
    if (fail) throw new Error('the whole fails');
  }

  /** Without any transaction: the pool itself, also as the injected one. */
  async alone(id: string): Promise<boolean[]> {
    await this.host.tx.query('INSERT INTO placed VALUES ($1)', [id]);
    return [this.host.isTransactionActive(), this.host.tx === (this.pool as unknown)];
  }
}

@Module({
  imports: [
    PoolingModule.forRoot({
      pools: {
        shop: postgres({
          primary: { url: process.env.PRIMARY_URL! },
          replicas: [],
          session: { applicationName: 'nest-matrix' },
        }),
      },
    }),
    ClsModule.forRoot({
      plugins: [
        new ClsPluginTransactional({
          adapter: new TransactionalAdapterSqlPool('shop'),
          enableTransactionProxy: true,
        }),
      ],
    }),
  ],
  providers: [Stock, Orders],
})
export class ClsShopModule {}
