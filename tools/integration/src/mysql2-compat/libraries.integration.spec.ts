import { describe } from '@jest/globals';
import { libraryTests } from '../libraries/suite.fixture.js';
import { openDrizzle } from './drizzle.fixture.js';
import { direct, faceNames, Faces, LIMIT_MS } from './faces.fixture.js';
import { openKnex } from './knex.fixture.js';
import { openKysely } from './kysely.fixture.js';
import { TABLES } from './library.fixture.js';
import { openTypeOrm } from './typeorm.fixture.js';

describe('libraries that know nothing of us, and mysql2', () => {
  libraryTests({
    limitMs: LIMIT_MS,
    names: faceNames,
    router: 'the face of a router',
    tables: TABLES,
    duplicate: 'ER_DUP_ENTRY',
    libraries: { TypeORM: openTypeOrm, Drizzle: openDrizzle, Kysely: openKysely, Knex: openKnex },
    start: () => Faces.start(),
    rows: ({ cluster }, text) => direct(cluster.primary.url, text),
    async readsOnReplicas({ cluster }) {
      const counts = await Promise.all(
        cluster.replicas.map(({ url }) => direct(url, "SHOW GLOBAL STATUS LIKE 'Com_select'")),
      );
      return counts.flat().reduce((total, { Value }) => total + Number(Value), 0);
    },
  });
});
