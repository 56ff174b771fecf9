export {
  TransactionalAdapterSqlPool,
  type SqlPoolAdapterOptions,
  type SqlTransactionClient,
} from './transactional-adapter.js';
