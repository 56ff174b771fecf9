import { createPoolCluster, type PoolCluster, type PoolNamespace, type RowDataPacket } from 'mysql2/promise';
import { MAX, READ_DEADLINE_MS, type Answer, type Contender, type Urls } from '../../frame/contender.js';

interface Value extends RowDataPacket {
  readonly value: string;
}

/** A `PoolCluster` that takes nodes out after a few errors and tries them again after a second. */
export class Mysql2Cluster implements Contender {
  readonly name = 'mysql2 PoolCluster';
  #cluster!: PoolCluster;
  #primary!: PoolNamespace;
  #replicas!: PoolNamespace;

  async open(urls: Urls): Promise<void> {
    const cluster = createPoolCluster({ canRetry: true, removeNodeErrorCount: 5, restoreNodeTimeout: 1_000 });
    const add = (name: string, uri: string): void =>
      cluster.add(name, { uri, connectionLimit: MAX, connectTimeout: READ_DEADLINE_MS });
    add('primary', urls.primary);
    for (const [at, uri] of urls.replicas.entries()) add(`replica${at + 1}`, uri);
    this.#cluster = cluster;
    this.#primary = cluster.of('primary');
    this.#replicas = cluster.of('replica*', 'RR');
    await this.read(1);
  }

  async read(id: number): Promise<Answer> {
    return this.#value('SELECT value FROM item WHERE id = ?', id);
  }

  async write(id: number): Promise<void> {
    await this.#primary.query({
      sql: 'INSERT INTO written VALUES (?)',
      values: [id],
      timeout: READ_DEADLINE_MS,
    });
  }

  async pair(id: number): Promise<Answer> {
    await this.write(id);
    return this.#value('SELECT CAST(id AS CHAR) AS value FROM written WHERE id = ?', id);
  }

  close(): Promise<void> {
    return this.#cluster.end();
  }

  async #value(sql: string, id: number): Promise<Answer> {
    const [rows] = await this.#replicas.query<Value[]>({ sql, values: [id], timeout: READ_DEADLINE_MS });
    return { value: rows[0]?.value };
  }
}
