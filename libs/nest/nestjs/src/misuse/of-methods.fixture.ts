import { Inject, Injectable } from '@nestjs/common';
import type { SqlPool } from '@nest-pooling/sql';
import { of } from 'rxjs';
import {
  Bulkhead,
  Consistency,
  Deadline,
  getPoolToken,
  onCommit,
  Pooled,
  Retry,
  Transactional,
  UseReplica,
} from '../index.js';
import { anyName, boot, type Misuse } from './misuse.fixture.js';

/** Puts a decorator at a method of a class, as it happens when the class is defined. */
const at = (decorator: MethodDecorator, method: unknown = async () => {}) =>
  decorator(Orders.prototype, 'place', { value: method });

@Injectable()
class WrongName {
  @Transactional(anyName('order'))
  async place(): Promise<void> {}
}
@Injectable()
class WrongSession {
  @Pooled(anyName('pricing'))
  async place(): Promise<void> {}
}

@Injectable()
class Orders {
  constructor(@Inject(getPoolToken('orders')) readonly pool: SqlPool) {}

  @Transactional('orders')
  async place<R>(work: () => Promise<R>): Promise<R> {
    return work();
  }

  @Transactional('orders', { propagation: 'mandatory' })
  async part(): Promise<void> {}

  @Transactional('orders', { propagation: 'never' })
  async alone(): Promise<void> {}

  @Transactional('orders')
  undeclared() {
    return of(1);
  }
}
const withOrders = (work: (orders: Orders) => unknown) =>
  boot({ providers: [Orders] }, (get) => work(get(Orders)));

/** What can be wrong with decorated methods. */
export const ofMethods: readonly Misuse[] = [
  {
    what: '`@Transactional` on a pool that does not exist',
    code: 'POOL_UNKNOWN',
    says: /^WrongName\.place carries @Transactional\('order'\)\. There is no pool 'order'\. Did you mean 'orders'\?/,
    act: () => boot({ providers: [WrongName] }),
  },
  {
    what: '`@Transactional` or `@Pooled` on a pool that speaks no SQL',
    code: 'POOL_FACE_MISMATCH',
    says: /^WrongSession takes pool 'pricing' as SqlPool \(@Pooled of place\).*name one of those/,
    act: () => boot({ providers: [WrongSession] }),
  },
  {
    what: 'a decorated method where no `PoolingModule` runs',
    code: 'POOLING_MODULE_MISSING',
    says: /^Orders\.part carries @Transactional, but no application with a PoolingModule runs.*Import PoolingModule/,
    act: () => new Orders(undefined as never).part(),
  },
  {
    what: 'a propagation that does not exist',
    code: 'OPTIONS_INVALID',
    says: /propagation: must be one of required, requires-new, nested/,
    act: () => at(Transactional('orders', { propagation: 'REQUIRED' as never })),
  },
  {
    what: 'an isolation level that does not exist',
    code: 'OPTIONS_INVALID',
    says: /isolation: must be one of read committed/,
    act: () => at(Transactional('orders', { isolation: 'snapshot' as never })),
  },
  {
    what: '`retry` for a method that gives values before its end',
    code: 'OPTIONS_INVALID',
    says: /retry: is not possible for an iterator/,
    act: () => at(Transactional('orders', { retry: { attempts: 2 } }), async function* () {}),
  },
  {
    what: 'propagation `mandatory` without a transaction',
    code: 'TRANSACTION_PROPAGATION',
    says: /^Orders\.part must be called in a transaction on 'orders'.*Call it from a method/,
    act: () => withOrders((orders) => orders.part()),
  },
  {
    what: 'propagation `never` within a transaction',
    code: 'TRANSACTION_PROPAGATION',
    says: /^Orders\.alone must not be called in a transaction on 'orders'/,
    act: () => withOrders((orders) => orders.place(() => orders.alone())),
  },
  {
    what: 'a nested transaction with an isolation level of its own',
    code: 'SQL_NESTED_TRANSACTION',
    says: /cannot have isolation.*Give it to the outer one/,
    act: () =>
      withOrders(({ pool, place }) =>
        place.call({ pool } as never, () => pool.transaction(async () => {}, { isolation: 'serializable' })),
      ),
  },
  {
    what: 'a statement after the end of its transaction',
    code: 'SQL_TRANSACTION_ENDED',
    says: /Await every statement inside it/,
    act: () =>
      withOrders(async ({ pool }) => {
        const tx = await pool.transaction(async (connection) => connection);
        await tx.query('select a');
      }),
  },
  {
    what: 'an `Observable` that the method does not declare',
    code: 'OBSERVABLE_UNDECLARED',
    says: /^Orders\.undeclared gave an Observable.*Declare the return type/,
    act: () => withOrders((orders) => orders.undeclared()),
  },
  {
    what: '`onCommit` outside of a transaction',
    code: 'TRANSACTION_HOOK',
    says: /^onCommit was called outside of a method that carries @Transactional/,
    act: () => onCommit(() => {}),
  },
  {
    what: 'a decorator at a property that holds a function',
    code: 'DECORATOR_MISPLACED',
    says: /^@Transactional stands at Orders\.place, which is no method.*write it as a method/,
    act: () => at(Transactional('orders'), null),
  },
  {
    what: 'a decorator at a generator that is not async',
    code: 'DECORATOR_MISPLACED',
    says: /not async.*Make it an async generator/,
    act: () => at(Pooled('orders'), function* () {}),
  },
  {
    what: '`@Deadline` without time',
    code: 'OPTIONS_INVALID',
    says: /ms: must be a number from 1/,
    act: () => at(Deadline(0)),
  },
  {
    what: '`@Consistency` with a word that does not exist',
    code: 'OPTIONS_INVALID',
    says: /consistency: must be one of eventual, bounded, read-your-writes, strong/,
    act: () => at(Consistency('exact' as never)),
  },
  {
    what: '`@UseReplica` with an option that is misspelt',
    code: 'OPTIONS_INVALID',
    says: /maxLag: is unknown; did you mean maxLagMs\?/,
    act: () => at(UseReplica({ maxLag: 1 } as never)),
  },
  {
    what: '`@Retry` at a generator',
    code: 'OPTIONS_INVALID',
    says: /must give a promise or an observable/,
    act: () => at(Retry(), async function* () {}),
  },
  {
    what: '`@Bulkhead` that admits nobody',
    code: 'OPTIONS_INVALID',
    says: /must be a whole number (from|of at least) 1/,
    act: () => at(Bulkhead({ maxConcurrent: 0 })),
  },
];
