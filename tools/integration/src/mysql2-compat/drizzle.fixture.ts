import { eq, relations, sql } from 'drizzle-orm';
import { int, mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import type { OpenLibrary } from './library.fixture.js';

const author = mysqlTable('author', {
  id: int().primaryKey().autoincrement(),
  name: varchar({ length: 200 }).notNull().unique(),
  hits: int().notNull().default(0),
});
const book = mysqlTable('book', {
  id: int().primaryKey().autoincrement(),
  title: varchar({ length: 200 }).notNull(),
  authorId: int('author_id').notNull(),
});
const authorRelations = relations(author, ({ many }) => ({ books: many(book) }));
const bookRelations = relations(book, ({ one }) => ({
  author: one(author, { fields: [book.authorId], references: [author.id] }),
}));

/** Drizzle, which takes a pool, and asks it for its promises. */
export const openDrizzle: OpenLibrary = async ({ pool }) => {
  // MariaDB knows no LATERAL, which the default mode would use.
  const schema = { author, book, authorRelations, bookRelations };
  const db = drizzle(pool, { schema, mode: 'planetscale' });
  const byId = db.query.author.findFirst({ where: eq(author.id, sql.placeholder('id')) }).prepare();
  return {
    create: async (name, titles = []) => {
      const [made] = await db.insert(author).values({ name }).$returningId();
      for (const title of titles) await db.insert(book).values({ title, authorId: made!.id });
      return made!.id;
    },
    find: (id) => byId.execute({ id }),
    rename: async (id, name) => void (await db.update(author).set({ name }).where(eq(author.id, id))),
    remove: async (id) => void (await db.delete(author).where(eq(author.id, id))),
    books: async (id) => {
      const found = await db.query.author.findFirst({ where: eq(author.id, id), with: { books: true } });
      return found!.books.map(({ title }) => title).toSorted();
    },
    hit: (id) =>
      db.transaction(async (tx) => {
        const [found] = await tx.select().from(author).where(eq(author.id, id)).for('update');
        await tx
          .update(author)
          .set({ hits: found!.hits + 1 })
          .where(eq(author.id, id));
      }),
    createWithin: (name, end) =>
      db.transaction(
        async (tx) => {
          const [made] = await tx.insert(author).values({ name }).$returningId();
          const found = await tx.select().from(author).where(eq(author.id, made!.id));
          if (found.length !== 1) throw new Error('it does not see what it wrote');
          end();
          return made!.id;
        },
        { isolationLevel: 'serializable' },
      ),
    createTwice: (name) =>
      db.transaction(async (tx) => {
        await tx.insert(author).values({ name });
        await tx.insert(author).values({ name });
      }),
    close: async () => {},
  };
};
