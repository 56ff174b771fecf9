import knex from 'knex';
import type { Author } from '../libraries/library.fixture.js';
import type { OpenLibrary } from './library.fixture.js';

/** Knex, which takes a pool as its `connectionPool`. */
export const openKnex: OpenLibrary = async ({ pool }) => {
  // Its types want another callback of `end` than mysql2's.
  const db = knex({ client: 'mysql2', connectionPool: pool as never });
  return {
    create: async (name, titles = []) => {
      const [id = 0] = await db('author').insert({ name });
      for (const title of titles) await db('book').insert({ title, author_id: id });
      return id;
    },
    find: (id) => db<Author>('author').where({ id }).first(),
    rename: async (id, name) => void (await db('author').where({ id }).update({ name })),
    remove: async (id) => void (await db('author').where({ id }).delete()),
    books: (id) =>
      db('author')
        .join('book', 'book.author_id', 'author.id')
        .where('author.id', id)
        .orderBy('title')
        .pluck('title'),
    hit: (id) =>
      db.transaction(async (tx) => {
        const { hits } = await tx('author').where({ id }).forUpdate().first('hits');
        await tx('author')
          .where({ id })
          .update({ hits: hits + 1 });
      }),
    createWithin: (name, end) =>
      db.transaction(
        async (tx) => {
          const [id = 0] = await tx('author').insert({ name });
          if ((await tx('author').where({ id })).length !== 1)
            throw new Error('it does not see what it wrote');
          end();
          return id;
        },
        { isolationLevel: 'serializable' },
      ),
    createTwice: (name) =>
      db.transaction(async (tx) => {
        await tx('author').insert({ name });
        await tx('author').insert({ name });
      }),
    close: () => db.destroy(),
  };
};
