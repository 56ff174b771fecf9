import { DataSource, EntitySchema } from 'typeorm';
import type { Author } from '../libraries/library.fixture.js';
import type { OpenLibrary } from './library.fixture.js';

interface AuthorRow extends Author {
  readonly books: BookRow[];
}

interface BookRow {
  readonly id: number;
  readonly title: string;
  readonly author: AuthorRow;
}

const authors = new EntitySchema<AuthorRow>({
  name: 'author',
  columns: {
    id: { type: 'int', primary: true, generated: true },
    name: { type: 'varchar', length: 200, unique: true },
    hits: { type: 'int', default: 0 },
  },
  relations: { books: { type: 'one-to-many', target: 'book', inverseSide: 'author', cascade: ['insert'] } },
});

const books = new EntitySchema<BookRow>({
  name: 'book',
  columns: {
    id: { type: 'int', primary: true, generated: true },
    title: { type: 'varchar', length: 200 },
  },
  relations: { author: { type: 'many-to-one', target: 'author', joinColumn: { name: 'author_id' } } },
});

/** TypeORM, which makes its pool by the driver that it is given, and sets the level of a transaction before it begins one. */
export const openTypeOrm: OpenLibrary = async ({ driver }) => {
  const source = new DataSource({ type: 'mysql', driver, entities: [authors, books], timezone: 'Z' });
  await source.initialize();
  const all = source.getRepository(authors);
  return {
    create: async (name, titles = []) =>
      (await all.save({ name, books: titles.map((title) => ({ title })) })).id,
    find: async (id) => (await all.findOneBy({ id })) ?? undefined,
    rename: async (id, name) => void (await all.update(id, { name })),
    remove: async (id) => void (await all.delete(id)),
    books: async (id) => {
      const author = await all.findOneOrFail({ where: { id }, relations: { books: true } });
      return author.books.map(({ title }) => title).toSorted();
    },
    hit: (id) =>
      source.transaction('READ COMMITTED', async (tx) => {
        const author = await tx.findOneOrFail(authors, {
          where: { id },
          lock: { mode: 'pessimistic_write' },
        });
        await tx.update(authors, id, { hits: author.hits + 1 });
      }),
    createWithin: (name, end) =>
      source.transaction(async (tx) => {
        const { id } = await tx.save(authors, { name });
        await tx.findOneByOrFail(authors, { id });
        end();
        return id;
      }),
    createTwice: (name) =>
      source.transaction(async (tx) => {
        await tx.insert(authors, { name });
        await tx.insert(authors, { name });
      }),
    close: () => source.destroy(),
  };
};
