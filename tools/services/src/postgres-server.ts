import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificates } from './certificates.js';
import { LOOPBACK } from './free-port.js';
import { type ManagedContext, ManagedServer } from './managed-server.js';
import { SETTINGS_FILE, type SettingValue, renderSettings } from './settings.js';

/** Beside the one that initdb made, which lets everybody in from loopback. */
const HBA_FILE = 'nest-pooling-hba.conf';

/** What a server is made from; done by `startPostgresCluster` only. */
export interface ServerContext extends ManagedContext {
  readonly database: string;
  readonly maxConnections: number;
  /** Number of nodes in the cluster. */
  readonly size: number;
  readonly settings: Readonly<Record<string, SettingValue>>;
  /** Lines that come first in its `pg_hba.conf`. */
  readonly hba: readonly string[];
  readonly certificates: Certificates | undefined;
}

/** The part of a Postgres node that has nothing to do with its role. */
export abstract class PostgresServer extends ManagedServer {
  /** `postgres://postgres@127.0.0.1:<port>/<database>`, with the database of the cluster's options. */
  readonly url: string;

  protected readonly context: ServerContext;

  /** @internal */
  constructor(context: ServerContext) {
    super(context);
    this.context = context;
    this.url = this.urlOf(context.database);
  }

  /** Its URL for another database. */
  urlOf(database: string): string {
    return `postgres://postgres@${this.host}:${this.port}/${encodeURIComponent(database)}`;
  }

  /** What its settings say about its role; undefined for a primary. */
  protected abstract standby(): { readonly port: number; readonly lagMs: number } | undefined;

  /** Writes its settings and makes it read them. */
  protected async reload(): Promise<void> {
    await this.writeSettings();
    this.server.reload();
  }

  protected override async writeSettings(): Promise<void> {
    const standby = this.standby();
    const { certificates, hba, maxConnections, place, settings, size } = this.context;
    const files = await certificates?.install(this.dataDir, place.user);
    const tls: Record<string, SettingValue> =
      files === undefined
        ? {}
        : { ssl: true, ssl_cert_file: files.cert, ssl_key_file: files.key, ssl_ca_file: files.ca };
    const more: Record<string, SettingValue> =
      hba.length === 0 ? {} : { hba_file: await this.#writeHba(hba) };
    const text = renderSettings({
      name: this.name,
      port: this.port,
      clusterName: place.clusterName,
      maxConnections,
      nodes: size,
      upstream: standby,
      lagMs: standby?.lagMs ?? 0,
      extra: { ...tls, ...more, ...settings },
    });
    // By a rename: a server that is just reading must not see half of it.
    await this.write(`${SETTINGS_FILE}.new`, text);
    await rename(join(this.dataDir, `${SETTINGS_FILE}.new`), join(this.dataDir, SETTINGS_FILE));
  }

  async #writeHba(first: readonly string[]): Promise<string> {
    const trust = ['all', 'replication'].map((what) => `host ${what} all ${LOOPBACK}/32 trust`);
    await this.write(HBA_FILE, `${[...first, ...trust].join('\n')}\n`);
    return join(this.dataDir, HBA_FILE);
  }
}
