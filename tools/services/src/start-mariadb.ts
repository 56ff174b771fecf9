import { join } from 'node:path';
import { allSettled } from './all-settled.js';
import { Certificates } from './certificates.js';
import { type ClusterPlace, nodePlaces, startInPlace } from './cluster-start.js';
import { clusterNameOf, sweepStaleFolders } from './data-folder.js';
import { type MariadbBinaries, mariadbBinaries } from './mariadb-binaries.js';
import { MariadbCluster } from './mariadb-cluster.js';
import { MariadbNode } from './mariadb-node.js';
import {
  type MariadbClusterOptions,
  type ResolvedMariadbOptions,
  resolveMariadbOptions,
} from './mariadb-options.js';
import { mariadbTemplate } from './mariadb-template.js';
import { mariadbd } from './mariadbd.js';
import type { ClusterView } from './server-cluster.js';
import { type ServerUser, serverUser } from './server-user.js';
import { copyTemplate } from './template.js';

interface Parts {
  readonly options: ResolvedMariadbOptions;
  readonly binaries: MariadbBinaries;
  readonly template: () => Promise<string>;
  readonly user: ServerUser | undefined;
}

/**
 * Starts a real MariaDB primary and its GTID replicas on loopback ports. Works as root (the servers run as `nobody`) and as an
 * ordinary user. Resolves when every node accepts connections, every replica streams, and all have the user and the
 * database of the options.
 * @throws ServicesError `SERVICES_OPTIONS`, `SERVICES_PLATFORM`, `SERVICES_BINARIES`, `SERVICES_CACHE`, `SERVICES_START`.
 */
export async function startMariadbCluster(options: MariadbClusterOptions = {}): Promise<MariadbCluster> {
  const resolved = resolveMariadbOptions(options);
  const user = serverUser();
  const [binaries] = await Promise.all([mariadbBinaries(user), sweepStaleFolders(user)]);
  const template = () => mariadbTemplate(binaries, user);
  const fresh = await template();
  const { port, replicas, startTimeoutMs } = resolved;
  return startInPlace({ what: 'MariaDB', replicas, port, user }, async (place) => {
    const certificates = resolved.tls ? await Certificates.make(join(place.folder, 'tls')) : undefined;
    const cluster = assemble(place, certificates, { options: resolved, binaries, template, user });
    const copies = cluster.nodes.map((node) => copyTemplate(fresh, node.dataDir, user));
    await allSettled(copies);
    // All at once: a replica waits by itself for a primary that starts.
    await allSettled(cluster.nodes.map((node) => node.start()));
    await cluster.waitForStreaming(startTimeoutMs);
    await cluster.createUser(resolved.user, resolved.password);
    await cluster.createDatabase(resolved.database);
    return cluster;
  });
}

function assemble(
  place: ClusterPlace,
  certificates: Certificates | undefined,
  { binaries, options, template, user }: Parts,
): MariadbCluster {
  const { folder, watchdog } = place;
  const view: ClusterView<MariadbNode> = {
    nodes: () => nodes,
    primary: () => cluster.primary,
    promoted: (node) => cluster.setPrimary(node),
  };
  const nodes = nodePlaces(place).map(({ dataDir, logFile, name, port }, n, { length: size }) => {
    const program = mariadbd(binaries, dataDir);
    const clusterName = clusterNameOf(folder, name);
    const context = {
      ...options,
      port,
      certificates,
      serverId: n + 1,
      size,
      places: binaries.places,
      template,
    };
    return new MariadbNode(
      { ...context, place: { node: name, dataDir, clusterName, logFile, program, user } },
      view,
    );
  });
  const [first, ...replicas] = nodes;
  for (const replica of replicas) if (first !== undefined) replica.initialize(first);
  const cluster = new MariadbCluster({ nodes, folder, watchdog, certificates, version: binaries.version });
  return cluster;
}
