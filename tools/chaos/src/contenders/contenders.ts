import type { Contender } from '../frame/contender.js';
import { Drizzle } from './drizzle.js';
import { Mysql2Cluster } from './mariadb/mysql2-cluster.js';
import { OursOnMariadb } from './mariadb/ours.js';
import { TypeOrmOnMariadb } from './mariadb/typeorm.js';
import { Ours } from './ours.js';
import { Sequelize6 } from './sequelize.js';
import { TypeOrm } from './typeorm.js';

/** A kind of server. */
export type Family = 'postgres' | 'mariadb';

/** Who takes part, by name, ours first. */
export const contenders: Readonly<Record<Family, Readonly<Record<string, new () => Contender>>>> = {
  postgres: { ours: Ours, TypeORM: TypeOrm, Sequelize: Sequelize6, Drizzle },
  mariadb: { ours: OursOnMariadb, 'mysql2 PoolCluster': Mysql2Cluster, TypeORM: TypeOrmOnMariadb },
};
