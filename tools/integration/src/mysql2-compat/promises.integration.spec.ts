import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from 'mysql2';
import { borrow, faceNames, Faces, LIMIT_MS } from './faces.fixture.js';

describe('the promises of a face', () => {
  let faces: Faces;

  beforeAll(async () => {
    faces = await Faces.start();
    await faces.prepare(
      'CREATE TABLE item (id int PRIMARY KEY, n int)',
      'INSERT INTO item VALUES (1, 0), (2, 0)',
    );
  }, LIMIT_MS);

  afterAll(() => faces.stop(), LIMIT_MS);

  describe.each(faceNames)('%s', (name) => {
    const pool = (): Pool => faces.face(name).pool;

    test('the stack of an error leads to where the caller waits', async () => {
      async function whoAsks(ask: () => Promise<unknown>): Promise<string> {
        try {
          await ask();
          return '';
        } catch (error) {
          return String((error as Error).stack);
        }
      }
      const connection = await pool().promise().getConnection();
      for (const ask of [
        () => pool().promise().query('SELEC ?', [1]),
        () => pool().promise().execute('SELEC ?', [1]),
        () => connection.query('SELEC'),
        () => connection.execute('SELEC'),
      ]) {
        const stack = await whoAsks(ask);
        expect(stack).toContain('You have an error in your SQL syntax');
        expect(stack).toContain('whoAsks');
      }
      connection.release();
    });

    test('are of the kind that one asks for', async () => {
      class Own<T> extends Promise<T> {}
      const promises = pool().promise(Own);
      const answer = promises.query('SELECT 1 AS a');
      expect(answer).toBeInstanceOf(Own);
      expect((await answer)[0]).toEqual([{ a: 1 }]);
      const connection = await borrow(pool());
      expect(connection.promise(Own).query('SELECT 1')).toBeInstanceOf(Own);
      connection.release();
      await faces.nothingIsOut();
    });

    test('take no callback', async () => {
      const never = (): void => {};
      expect(() =>
        pool()
          .promise()
          .query('SELECT 1', never as never),
      ).toThrow('Callback function is not available');
      const connection = await pool().promise().getConnection();
      expect(() => connection.execute('SELECT 1', never as never)).toThrow(
        'Callback function is not available',
      );
      connection.release();
    });

    test('a deadlock is told to one, who begins anew; and both come back', async () => {
      const [one, other] = await Promise.all([
        pool().promise().getConnection(),
        pool().promise().getConnection(),
      ]);
      const add = 'UPDATE item SET n = n + 1 WHERE id = ?';
      for (const connection of [one, other]) await connection.beginTransaction();
      await one.query(add, [1]);
      await other.query(add, [2]);
      const ends = await Promise.allSettled([one.query(add, [2]), other.query(add, [1])]);
      const refused = ends.filter(({ status }) => status === 'rejected');
      expect(refused).toMatchObject([
        { reason: { code: 'ER_LOCK_DEADLOCK', errno: 1213, sqlState: '40001' } },
      ]);
      const [winner, loser] = ends[0].status === 'fulfilled' ? [one, other] : [other, one];
      await loser.rollback();
      await winner.commit();
      await loser.beginTransaction();
      await loser.query(add, [1]);
      await loser.rollback();
      for (const connection of [one, other]) connection.release();
      await faces.nothingIsOut();
      await faces.caughtUp();
      const [rows] = await pool().promise().query('SELECT n FROM item ORDER BY id');
      expect(rows).toEqual([{ n: 1 }, { n: 1 }]);
      await faces.prepare('UPDATE item SET n = 0');
    });
  });
});
