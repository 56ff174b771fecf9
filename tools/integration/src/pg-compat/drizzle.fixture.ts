import { eq, relations, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgTable, serial, text } from 'drizzle-orm/pg-core';
import type { OpenLibrary } from './library.fixture.js';

const author = pgTable('author', {
  id: serial().primaryKey(),
  name: text().notNull().unique(),
  hits: integer().notNull().default(0),
});
const book = pgTable('book', {
  id: serial().primaryKey(),
  title: text().notNull(),
  authorId: integer('author_id').notNull(),
});
const authorRelations = relations(author, ({ many }) => ({ books: many(book) }));
const bookRelations = relations(book, ({ one }) => ({
  author: one(author, { fields: [book.authorId], references: [author.id] }),
}));

/** Drizzle, which looks for a pool by `instanceof`. */
export const openDrizzle: OpenLibrary = async ({ pool }) => {
  const db = drizzle(pool, { schema: { author, book, authorRelations, bookRelations } });
  const byId = db.query.author
    .findFirst({ where: eq(author.id, sql.placeholder('id')) })
    .prepare('author_by_id');
  return {
    create: async (name, titles = []) => {
      const [{ id } = { id: 0 }] = await db.insert(author).values({ name }).returning({ id: author.id });
      for (const title of titles) await db.insert(book).values({ title, authorId: id });
      return id;
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
      db.transaction(async (tx) => {
        const [made] = await tx.insert(author).values({ name }).returning();
        const found = await tx.select().from(author).where(eq(author.id, made!.id));
        if (found.length !== 1) throw new Error('it does not see what it wrote');
        end();
        return made!.id;
      }),
    createTwice: (name) =>
      db.transaction(async (tx) => {
        await tx.insert(author).values({ name });
        await tx.insert(author).values({ name });
      }),
    close: async () => {},
  };
};
