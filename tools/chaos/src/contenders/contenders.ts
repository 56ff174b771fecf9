import type { Contender } from '../frame/contender.js';
import { Drizzle } from './drizzle.js';
import { Ours } from './ours.js';
import { Sequelize6 } from './sequelize.js';
import { TypeOrm } from './typeorm.js';

/** Who takes part, by name, ours first. */
export const contenders: Readonly<Record<string, new () => Contender>> = {
  ours: Ours,
  TypeORM: TypeOrm,
  Sequelize: Sequelize6,
  Drizzle,
};
