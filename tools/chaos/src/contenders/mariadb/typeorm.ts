import type { DataSourceOptions } from 'typeorm';
import { MAX, READ_DEADLINE_MS } from '../../frame/contender.js';
import { TypeOrm, type Replication } from '../typeorm.js';

/** `replication` over the pool cluster of mysql2. */
export class TypeOrmOnMariadb extends TypeOrm {
  protected override readonly mark = '?';

  protected override options(replication: Replication): DataSourceOptions {
    return {
      type: 'mysql',
      replication,
      poolSize: MAX,
      connectTimeout: READ_DEADLINE_MS,
      maxQueryExecutionTime: READ_DEADLINE_MS,
    };
  }
}
