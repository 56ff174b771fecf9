import { describe } from '@jest/globals';
import { libraryTests } from '../libraries/suite.fixture.js';
import { direct, until } from '../shop.fixture.js';
import { openDrizzle } from './drizzle.fixture.js';
import { faceNames, Faces, LIMIT_MS } from './faces.fixture.js';
import { openKnex } from './knex.fixture.js';
import { openKysely } from './kysely.fixture.js';
import { TABLES } from './library.fixture.js';
import { openTypeOrm } from './typeorm.fixture.js';

const SCANS =
  "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) AS n FROM pg_stat_user_tables WHERE relname = 'author'";

async function scans({ cluster }: Faces): Promise<number> {
  const counts = await Promise.all(cluster.replicas.map(({ url }) => direct(url, SCANS)));
  return counts.flat().reduce((total, { n }) => total + Number(n), 0);
}

describe('libraries that know nothing of us, and pg', () => {
  libraryTests({
    limitMs: LIMIT_MS,
    names: faceNames,
    router: 'the face of a router',
    tables: TABLES,
    duplicate: '23505',
    libraries: { TypeORM: openTypeOrm, Drizzle: openDrizzle, Kysely: openKysely, Knex: openKnex },
    start: () => Faces.start(),
    rows: ({ cluster }, text) => direct(cluster.primary.url, text),
    async readsOnReplicas(faces, atLeast = 0) {
      // Sessions tell when they have been idle for a while, or end.
      if (atLeast > 0) faces.router.evict('tell what you have done');
      await until('the replicas have counted the reads', async () => (await scans(faces)) >= atLeast);
      return scans(faces);
    },
  });
});
