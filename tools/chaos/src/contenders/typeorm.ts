import { DataSource, EntitySchema, type DataSourceOptions, type Repository } from 'typeorm';
import { MAX, READ_DEADLINE_MS, type Answer, type Contender, type Urls } from '../frame/contender.js';

interface Item {
  readonly id: number;
  readonly value: string;
}

const items = new EntitySchema<Item>({
  name: 'item',
  columns: { id: { type: 'int', primary: true }, value: { type: 'text' } },
});

interface Written {
  readonly id: number;
}

const written = new EntitySchema<Written>({
  name: 'written',
  columns: { id: { type: 'int', primary: true } },
});

/** Where the nodes are. */
export interface Replication {
  readonly master: { readonly url: string };
  readonly slaves: { readonly url: string }[];
}

/** `replication` with a master and slaves. */
export class TypeOrm implements Contender {
  readonly name = 'TypeORM';
  /** The placeholder of the only parameter. */
  protected readonly mark: string = '$1';
  #source!: DataSource;
  #items!: Repository<Item>;
  #written!: Repository<Written>;

  async open(urls: Urls): Promise<void> {
    const nodes = { master: { url: urls.primary }, slaves: urls.replicas.map((url) => ({ url })) };
    this.#source = new DataSource({ ...this.options(nodes), entities: [items, written] });
    await this.#source.initialize();
    this.#items = this.#source.getRepository(items);
    this.#written = this.#source.getRepository(written);
  }

  async read(id: number): Promise<Answer> {
    return { value: (await this.#items.findOneBy({ id }))?.value };
  }

  async write(id: number): Promise<void> {
    await this.#source.query(`INSERT INTO written VALUES (${this.mark})`, [id]);
  }

  async pair(id: number): Promise<Answer> {
    await this.write(id);
    return { value: (await this.#written.findOneBy({ id }))?.id.toString() };
  }

  close(): Promise<void> {
    return this.#source.destroy();
  }

  /** What depends on the kind of server. */
  protected options(replication: Replication): DataSourceOptions {
    return {
      type: 'postgres',
      replication,
      poolSize: MAX,
      connectTimeoutMS: READ_DEADLINE_MS,
      extra: { query_timeout: READ_DEADLINE_MS },
    };
  }
}
