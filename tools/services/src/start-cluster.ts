import { join } from 'node:path';
import { allSettled } from './all-settled.js';
import { type PostgresBinaries, postgresBinaries } from './binaries.js';
import { Certificates } from './certificates.js';
import {
  type PostgresClusterOptions,
  type ResolvedClusterOptions,
  resolveOptions,
} from './cluster-options.js';
import { type ClusterPlace, nodePlaces, startInPlace } from './cluster-start.js';
import { clusterNameOf, sweepStaleFolders } from './data-folder.js';
import { PostgresCluster } from './postgres-cluster.js';
import { PostgresNode } from './postgres-node.js';
import { postmaster } from './postmaster.js';
import type { ClusterView } from './server-cluster.js';
import { type ServerUser, serverUser } from './server-user.js';
import { copyTemplate, databaseTemplate } from './template.js';

interface Parts {
  readonly options: ResolvedClusterOptions;
  readonly binaries: PostgresBinaries;
  readonly user: ServerUser | undefined;
}

/**
 * Starts a real Postgres primary and its streaming replicas on loopback ports, from the binaries that npm has installed; about
 * a second, the very first time on a machine half a second more. Works as root (the servers run as `nobody`) and as an
 * ordinary user, on Linux and macOS. Resolves when every node accepts connections and every replica streams.
 * @throws ServicesError `SERVICES_OPTIONS`, `SERVICES_PLATFORM`, `SERVICES_BINARIES`, `SERVICES_CACHE`, `SERVICES_START`.
 */
export async function startPostgresCluster(options: PostgresClusterOptions = {}): Promise<PostgresCluster> {
  const resolved = resolveOptions(options);
  const user = serverUser();
  const [binaries] = await Promise.all([postgresBinaries(user), sweepStaleFolders(user)]);
  const template = await databaseTemplate(binaries, user);
  const { database, port, replicas, startTimeoutMs, tls } = resolved;
  return startInPlace({ what: 'Postgres', replicas, port, user }, async (place) => {
    const certificates = tls ? await Certificates.make(join(place.folder, 'tls')) : undefined;
    const cluster = assemble(place, certificates, { options: resolved, binaries, user });
    const copies = cluster.nodes.map((node) => copyTemplate(template, node.dataDir, user));
    // Each replica is started as soon as its copy is there and the primary has the slots.
    const ups = cluster.nodes.map(async (node, n) => {
      await copies[n];
      if (n > 0) {
        await node.markStandby();
        await ups[0];
      }
      await node.start();
    });
    await allSettled(ups);
    await cluster.waitForStreaming(startTimeoutMs);
    if (database !== 'postgres') await cluster.createDatabase(database);
    return cluster;
  });
}

function assemble(
  place: ClusterPlace,
  certificates: Certificates | undefined,
  { binaries, options, user }: Parts,
): PostgresCluster {
  const { folder, watchdog } = place;
  const view: ClusterView<PostgresNode> = {
    nodes: () => nodes,
    primary: () => cluster.primary,
    promoted: (node) => cluster.setPrimary(node),
  };
  const nodes = nodePlaces(place).map(({ dataDir, logFile, name, port }, _n, { length: size }) => {
    const program = postmaster(binaries.postgres, dataDir);
    const clusterName = clusterNameOf(folder, name);
    const server = { node: name, dataDir, clusterName, logFile, program, user };
    return new PostgresNode({ ...options, place: server, port, size, certificates }, view);
  });
  const [first, ...replicas] = nodes;
  for (const replica of replicas) if (first !== undefined) replica.initialize(first);
  const cluster = new PostgresCluster({ nodes, folder, watchdog, certificates, version: binaries.version });
  return cluster;
}
