import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Library } from './library.fixture.js';

/** Everything that the suite needs of a face. */
export interface CountingFace {
  /** How often what was bound to a node came back; only over a router. */
  readonly byNode: Readonly<Record<string, number>>;
}

/** A cluster with its faces. */
export interface LibraryFaces<Name extends string, Face extends CountingFace> {
  face(name: Name): Face;
  prepare(...texts: string[]): Promise<void>;
  caughtUp(): Promise<void>;
  nothingIsOut(): Promise<void>;
  stop(): Promise<void>;
}

/** What differs between the servers. */
export interface LibrarySuite<Name extends string, Face extends CountingFace, Faces> {
  readonly limitMs: number;
  readonly names: readonly Name[];
  /** The one that routes. */
  readonly router: Name;
  readonly tables: readonly string[];
  /** The driver's code of a second author of the same name. */
  readonly duplicate: string;
  readonly libraries: Readonly<Record<string, (face: Face) => Promise<Library>>>;
  start(): Promise<Faces>;
  /** Rows of the primary, past everything of ours. */
  rows(faces: Faces, text: string): Promise<unknown[]>;
  /** How often the replicas, by their own words, were asked for an author; `atLeast`: waits until it is so much. */
  readsOnReplicas(faces: Faces, atLeast?: number): Promise<number>;
}

const OPERATIONS = 1_000;
const AUTHORS = 20;

/** Each library, on each face: what programs do with it, 1,000 operations at a time, and nothing left out. */
export function libraryTests<
  Name extends string,
  Face extends CountingFace,
  Faces extends LibraryFaces<Name, Face>,
>(suite: LibrarySuite<Name, Face, Faces>): void {
  const { limitMs: LIMIT_MS, libraries, names } = suite;
  let faces: Faces;

  beforeAll(async () => {
    faces = await suite.start();
  }, LIMIT_MS);

  afterAll(() => faces.stop(), LIMIT_MS);

  const all = Object.keys(libraries).flatMap((library) => names.map((face) => [library, face] as const));

  describe.each(all)('%s on %s', (name, faceName) => {
    let face: Face;
    let library: Library;

    beforeEach(async () => {
      await faces.prepare(...suite.tables);
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
        expect(refused.code ?? refused.cause?.code).toBe(suite.duplicate);
        expect(await suite.rows(faces, 'SELECT id, name FROM author')).toEqual([{ id, name: 'Ada' }]);
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
        const readBefore = await suite.readsOnReplicas(faces);
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
        const [sum] = await suite.rows(faces, 'SELECT CAST(sum(hits) AS int) AS hits FROM author');
        expect(sum).toEqual({ hits: OPERATIONS / 4 });
        if (faceName !== suite.router) return;
        const by = (node: string): number => (face.byNode[node] ?? 0) - (before[node] ?? 0);
        expect(by('shop.primary')).toBe(OPERATIONS / 4);
        expect(by('shop.replica-1')).toBeGreaterThan(0);
        expect(by('shop.replica-2')).toBeGreaterThan(0);
        expect(by('shop.replica-1') + by('shop.replica-2')).toBe((OPERATIONS * 3) / 4);
        const reads = readBefore + (OPERATIONS * 3) / 4;
        expect(await suite.readsOnReplicas(faces, reads)).toBeGreaterThanOrEqual(reads);
      },
      LIMIT_MS,
    );
  });
}
