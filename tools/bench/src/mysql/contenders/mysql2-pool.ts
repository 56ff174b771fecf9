import {
  createPool,
  type Pool,
  type PoolOptions,
  type ResultSetHeader,
  type RowDataPacket,
} from 'mysql2/promise';
import { MAX, type Contender, type Item } from '../../postgres/contender.js';
import { BY_ID, ONE, SLEEP, UPDATE } from '../statements.js';

/** The promise pool of mysql2. */
export class Mysql2Pool implements Contender {
  #pool!: Pool;

  constructor(
    readonly name = 'mysql2',
    readonly options = `mysql2/promise createPool, connectionLimit ${MAX}; execute where it is prepared`,
    private readonly make = (config: PoolOptions): Pool => createPool(config),
  ) {}

  async open(url: string): Promise<void> {
    this.#pool = this.make({ uri: url, connectionLimit: MAX });
    await this.#pool.query(ONE);
  }

  async one(): Promise<{ one: number } | undefined> {
    const [rows] = await this.#pool.query<(RowDataPacket & { one: number })[]>(ONE);
    return rows[0];
  }

  async byId(id: number): Promise<Item | undefined> {
    const [rows] = await this.#pool.execute<(RowDataPacket & Item)[]>(BY_ID, [id]);
    return rows[0];
  }

  async byIdPlain(id: number): Promise<Item | undefined> {
    const [rows] = await this.#pool.query<(RowDataPacket & Item)[]>(BY_ID, [id]);
    return rows[0];
  }

  async borrowed(id: number): Promise<Item | undefined> {
    const connection = await this.#pool.getConnection();
    try {
      const [rows] = await connection.execute<(RowDataPacket & Item)[]>(BY_ID, [id]);
      return rows[0];
    } finally {
      connection.release();
    }
  }

  /** The same with a text, as most programs write it. */
  async borrowedPlain(id: number): Promise<Item | undefined> {
    const connection = await this.#pool.getConnection();
    try {
      const [rows] = await connection.query<(RowDataPacket & Item)[]>(BY_ID, [id]);
      return rows[0];
    } finally {
      connection.release();
    }
  }

  async transaction(id: number): Promise<Item | undefined> {
    const connection = await this.#pool.getConnection();
    try {
      await connection.beginTransaction();
      await connection.query(UPDATE, [id]);
      const [rows] = await connection.query<(RowDataPacket & Item)[]>(BY_ID, [id]);
      await connection.commit();
      return rows[0];
    } finally {
      connection.release();
    }
  }

  async update(id: number): Promise<number | null> {
    const [result] = await this.#pool.execute<ResultSetHeader>(UPDATE, [id]);
    return result.affectedRows;
  }

  sleep(): Promise<unknown> {
    return this.#pool.query(SLEEP);
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
