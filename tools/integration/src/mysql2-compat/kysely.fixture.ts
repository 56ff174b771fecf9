import { Kysely, MysqlDialect, type Generated } from 'kysely';
import type { OpenLibrary } from './library.fixture.js';

interface Tables {
  author: { id: Generated<number>; name: string; hits: Generated<number> };
  book: { id: Generated<number>; title: string; author_id: number };
}

/** Kysely, which borrows a connection for each query. */
export const openKysely: OpenLibrary = async ({ pool }) => {
  const db = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
  return {
    create: async (name, titles = []) => {
      const { insertId } = await db.insertInto('author').values({ name }).executeTakeFirstOrThrow();
      const id = Number(insertId);
      if (titles.length > 0) {
        await db
          .insertInto('book')
          .values(titles.map((title) => ({ title, author_id: id })))
          .execute();
      }
      return id;
    },
    find: (id) => db.selectFrom('author').selectAll().where('id', '=', id).executeTakeFirst(),
    rename: async (id, name) =>
      void (await db.updateTable('author').set({ name }).where('id', '=', id).execute()),
    remove: async (id) => void (await db.deleteFrom('author').where('id', '=', id).execute()),
    books: async (id) => {
      const rows = await db
        .selectFrom('author')
        .innerJoin('book', 'book.author_id', 'author.id')
        .select('book.title')
        .where('author.id', '=', id)
        .orderBy('book.title')
        .execute();
      return rows.map(({ title }) => title);
    },
    hit: (id) =>
      db.transaction().execute(async (tx) => {
        const { hits } = await tx
          .selectFrom('author')
          .select('hits')
          .where('id', '=', id)
          .forUpdate()
          .executeTakeFirstOrThrow();
        await tx
          .updateTable('author')
          .set({ hits: hits + 1 })
          .where('id', '=', id)
          .execute();
      }),
    createWithin: (name, end) =>
      db
        .transaction()
        .setIsolationLevel('serializable')
        .execute(async (tx) => {
          const { insertId } = await tx.insertInto('author').values({ name }).executeTakeFirstOrThrow();
          const id = Number(insertId);
          await tx.selectFrom('author').select('id').where('id', '=', id).executeTakeFirstOrThrow();
          end();
          return id;
        }),
    createTwice: (name) =>
      db.transaction().execute(async (tx) => {
        await tx.insertInto('author').values({ name }).execute();
        await tx.insertInto('author').values({ name }).execute();
      }),
    // It would end the pool.
    close: async () => {},
  };
};
