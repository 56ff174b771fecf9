import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificates } from './certificates.js';
import { type ManagedContext, ManagedServer } from './managed-server.js';
import { MARIADB_FILE, renderMariadbSettings } from './mariadb-settings.js';
import { ROOT_PASSWORD } from './mariadb-template.js';
import type { SettingValue } from './settings.js';

/** What a node is made from; done by `startMariadbCluster` only. */
export interface MariadbContext extends ManagedContext {
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** From 1 up. */
  readonly serverId: number;
  /** Number of nodes in the cluster. */
  readonly size: number;
  readonly maxConnections: number;
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly certificates: Certificates | undefined;
  readonly places: Readonly<Record<string, string>>;
  /** Gives the folder of a fresh database. */
  readonly template: () => Promise<string>;
}

/** The part of a MariaDB node that has nothing to do with its role: addresses and settings. */
export abstract class MariadbServer extends ManagedServer {
  /** `mysql://<user>:<password>@127.0.0.1:<port>/<database>`, as in the cluster's options. */
  readonly url: string;
  /** The same for `root`, who may do everything; on a replica too. */
  readonly rootUrl: string;
  protected readonly context: MariadbContext;
  #serverId: number;

  /** @internal */
  constructor(context: MariadbContext) {
    super(context);
    this.context = context;
    this.#serverId = context.serverId;
    this.url = this.urlOf(context.database);
    this.rootUrl = this.urlOf(context.database, 'root', ROOT_PASSWORD);
  }

  /** Its `server_id`, the middle part of the GTIDs that it writes. It gets a new one when it is rebuilt. */
  get serverId(): number {
    return this.#serverId;
  }

  /** Its URL for another database, and as another user. */
  urlOf(database: string, user = this.context.user, password = this.context.password): string {
    const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
    return `mysql://${login}@${this.host}:${this.port}/${encodeURIComponent(database)}`;
  }

  /** With new data it is another server: it would ignore what comes back to it as its own. */
  protected renumber(): void {
    this.#serverId += this.context.size;
  }

  /** Whether it starts as one that users may not write to. */
  protected abstract readOnly(): boolean;

  protected override async writeSettings(): Promise<void> {
    const { certificates, maxConnections, place, places, port, settings } = this.context;
    const files = await certificates?.install(this.dataDir, place.user);
    const tls: Record<string, SettingValue> =
      files === undefined ? {} : { ssl_cert: files.cert, ssl_key: files.key, ssl_ca: files.ca };
    const text = renderMariadbSettings({
      dataDir: this.dataDir,
      port,
      serverId: this.#serverId,
      maxConnections,
      readOnly: this.readOnly(),
      places,
      extra: { ...tls, ...settings },
    });
    await this.write(`${MARIADB_FILE}.new`, text);
    await rename(join(this.dataDir, `${MARIADB_FILE}.new`), join(this.dataDir, MARIADB_FILE));
  }
}
