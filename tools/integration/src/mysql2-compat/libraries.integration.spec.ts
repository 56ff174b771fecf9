import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Library } from '../pg-compat/library.fixture.js';
import { openDrizzle } from './drizzle.fixture.js';
import { direct, faceNames, Faces, LIMIT_MS, type Face, type FaceName } from './faces.fixture.js';
import { openKnex } from './knex.fixture.js';
import { openKysely } from './kysely.fixture.js';
import { TABLES, type OpenLibrary } from './library.fixture.js';
import { openTypeOrm } from './typeorm.fixture.js';

const libraries: Readonly<Record<string, OpenLibrary>> = {
  TypeORM: openTypeOrm,
  Drizzle: openDrizzle,
  Kysely: openKysely,
  Knex: openKnex,
};

const OPERATIONS = 1_000;
const AUTHORS = 20;

describe('libraries that know nothing of us', () => {
  let faces: Faces;

  beforeAll(async () => {
    faces = await Faces.start();
  }, LIMIT_MS);

  afterAll(() => faces.stop(), LIMIT_MS);

  const all = Object.keys(libraries).flatMap((library) => faceNames.map((face) => [library, face] as const));

  /** How often the replicas, by their own words, were asked for an author. */
  async function readsOnReplicas(): Promise<number> {
    const counts = await Promise.all(
      faces.cluster.replicas.map(({ url }) => direct(url, "SHOW GLOBAL STATUS LIKE 'Com_select'")),
    );
    return counts.flat().reduce((total, { Value }) => total + Number(Value), 0);
  }

  describe.each(all)('%s on %s', (name, faceName: FaceName) => {
    let face: Face;
    let library: Library;

    beforeEach(async () => {
      await faces.prepare(...TABLES);
      face = faces.face(faceName);
      library = await libraries[name]!(face);
    }, LIMIT_MS);

    afterEach(async () => {
      await library.close();
      await faces.nothingIsOut();
    }, LIMIT_MS);

    test(
      'creates, reads, updates and deletes',
      async () => {
        const id = await library.create('Ada');
        await faces.caughtUp();
        expect(await library.find(id)).toMatchObject({ id, name: 'Ada', hits: 0 });
        await library.rename(id, 'Grace');
        await faces.caughtUp();
        expect(await library.find(id)).toMatchObject({ name: 'Grace' });
        await library.remove(id);
        await faces.caughtUp();
        expect(await library.find(id)).toBeUndefined();
      },
      LIMIT_MS,
    );

    test(
      'reads what belongs together',
      async () => {
        const id = await library.create('Ada', ['Notes', 'Letters']);
        await library.create('Grace', ['Compilers']);
        await faces.caughtUp();
        expect(await library.books(id)).toEqual(['Letters', 'Notes']);
      },
      LIMIT_MS,
    );

    test(
      'commits, and rolls back as a whole',
      async () => {
        const id = await library.createWithin('Ada', () => {});
        await expect(
          library.createWithin('Grace', () => {
            throw new Error('changed my mind');
          }),
        ).rejects.toThrow('changed my mind');
        const refused = (await library.createTwice('Barbara').catch((error: unknown) => error)) as {
          code?: string;
          cause?: { code?: string };
        };
        // Drizzle wraps it; what it wraps is the driver's own.
        expect(refused.code ?? refused.cause?.code).toBe('ER_DUP_ENTRY');
        expect(await direct(faces.cluster.primary.url, 'SELECT id, name FROM author')).toEqual([
          { id, name: 'Ada' },
        ]);
      },
      LIMIT_MS,
    );

    test(
      '1,000 operations at a time',
      async () => {
        const ids: number[] = [];
        for (let n = 0; n < AUTHORS; n++) ids.push(await library.create(`author ${n}`));
        await faces.caughtUp();
        const before = { ...face.byNode };
        const readBefore = await readsOnReplicas();
        const operations = Array.from({ length: OPERATIONS }, async (_, n) => {
          const id = ids[n % AUTHORS]!;
          if (n % 4 === 0) await library.hit(id);
          else {
            const found = await library.find(id);
            if (found?.id !== id) throw new Error(`asked for ${id}, got ${JSON.stringify(found)}`);
          }
        });
        await Promise.all(operations);
        await faces.nothingIsOut();
        const [sum] = await direct(
          faces.cluster.primary.url,
          'SELECT CAST(sum(hits) AS int) AS hits FROM author',
        );
        expect(sum).toEqual({ hits: OPERATIONS / 4 });
        if (faceName !== 'the face of a router') return;
        const by = (node: string): number => (face.byNode[node] ?? 0) - (before[node] ?? 0);
        expect(by('shop.primary')).toBe(OPERATIONS / 4);
        expect(by('shop.replica-1')).toBeGreaterThan(0);
        expect(by('shop.replica-2')).toBeGreaterThan(0);
        expect(by('shop.replica-1') + by('shop.replica-2')).toBe((OPERATIONS * 3) / 4);
        expect((await readsOnReplicas()) - readBefore).toBeGreaterThanOrEqual((OPERATIONS * 3) / 4);
      },
      LIMIT_MS,
    );
  });
});
