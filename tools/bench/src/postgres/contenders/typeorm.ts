import { DataSource, EntitySchema, type Repository } from 'typeorm';
import { BY_ID, MAX, ONE, SLEEP, UPDATE, type Contender, type Item } from '../contender.js';

const items = new EntitySchema<Item>({
  name: 'item',
  columns: { id: { type: 'int', primary: true }, name: { type: 'text' }, cents: { type: 'int' } },
});

export class TypeOrm implements Contender {
  readonly name = 'TypeORM';
  readonly options =
    `DataSource.query on pg, by id as written Repository.findOneBy; ` +
    `poolSize ${MAX}; cannot name statements`;
  #source!: DataSource;
  #items!: Repository<Item>;

  async open(url: string): Promise<void> {
    this.#source = new DataSource({ type: 'postgres', url, poolSize: MAX, entities: [items] });
    await this.#source.initialize();
    this.#items = this.#source.getRepository(items);
  }

  async one(): Promise<{ one: number } | undefined> {
    return (await this.#source.query<{ one: number }[]>(ONE))[0];
  }

  async byId(id: number): Promise<Item | undefined> {
    return (await this.#source.query<Item[]>(BY_ID, [id]))[0];
  }

  async byIdPlain(id: number): Promise<Item | undefined> {
    return (await this.#items.findOneBy({ id })) ?? undefined;
  }

  async update(id: number): Promise<number | null> {
    const [, changed] = await this.#source.query<[unknown, number]>(UPDATE, [id]);
    return changed;
  }

  sleep(): Promise<unknown> {
    return this.#source.query(SLEEP);
  }

  close(): Promise<void> {
    return this.#source.destroy();
  }
}
