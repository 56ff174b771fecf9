import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import connectPgSimple from 'connect-pg-simple';
import session from 'express-session';
import { direct } from '../shop.fixture.js';
import { faceNames, Faces, LIMIT_MS } from './faces.fixture.js';

const TABLE =
  'CREATE TABLE session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)';

describe('connect-pg-simple', () => {
  let faces: Faces;

  beforeAll(async () => {
    faces = await Faces.start();
    await faces.prepare(TABLE);
  }, LIMIT_MS);

  afterAll(() => faces.stop(), LIMIT_MS);

  test.each(faceNames)(
    'keeps sessions on %s',
    async (name) => {
      const Store = connectPgSimple(session);
      const store = new Store({ pool: faces.face(name).pool, pruneSessionInterval: false });
      const data = { cookie: { originalMaxAge: 60_000 }, user: name } as unknown as session.SessionData;
      const call = <R>(run: (done: (error?: unknown, value?: R) => void) => void): Promise<R> =>
        new Promise((resolve, reject) =>
          run((error, value) => (error ? reject(error) : resolve(value as R))),
        );
      await call((done) => store.set('sid', data, done));
      await faces.caughtUp();
      expect(await call((done) => store.get('sid', done))).toMatchObject({ user: name });
      await call((done) => store.touch('sid', data, () => done()));
      const many = Array.from({ length: 200 }, (_, n) => call((done) => store.set(`sid ${n}`, data, done)));
      await Promise.all(many);
      await call((done) => store.destroy('sid', done));
      expect(await direct(faces.cluster.primary.url, 'SELECT count(*)::int AS n FROM session')).toEqual([
        { n: 200 },
      ]);
      await faces.prepare('DELETE FROM session');
      await faces.nothingIsOut();
      store.close();
    },
    LIMIT_MS,
  );
});
