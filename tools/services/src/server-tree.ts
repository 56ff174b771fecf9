import { type ProcessEntry, listProcesses, signal } from './processes.js';
import { until } from './wait.js';

/**
 * How the processes of one server are recognised. Postgres' backends call `setsid`, so neither a process group nor a
 * session holds the tree together, and they lose their parent when the postmaster dies. What stays is their title:
 * `postgres: <cluster_name>: …`; and until a new child has set it, the command line of the postmaster.
 */
export interface ServerMark {
  /** Name for messages. */
  readonly node: string;
  /** The folder given to the postmaster by `-D`. */
  readonly dataDir: string;
  /** The setting `cluster_name`; unique on this machine. */
  readonly clusterName: string;
}

/** The living processes of a server, children of children (COPY … PROGRAM) included. Zombies do not count. */
export function serverProcesses(mark: ServerMark, all = listProcesses()): ProcessEntry[] {
  const title = `postgres: ${mark.clusterName}: `;
  const postmaster = `postgres -D ${mark.dataDir} `;
  const bouncer = `pgbouncer ${mark.dataDir}/`;
  // mariadbd is one process; the file lies in its data folder.
  const mariadb = `--defaults-file=${mark.dataDir}/`;
  const found = new Map<number, ProcessEntry>();
  for (const entry of all) {
    const command = `${entry.command} `;
    if (command.startsWith(title) || [postmaster, bouncer, mariadb].some((part) => command.includes(part))) {
      found.set(entry.pid, entry);
    }
  }
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const entry of all) if (found.has(entry.parent)) found.set(entry.pid, entry);
  }
  return [...found.values()].filter((entry) => entry.state !== 'Z' && entry.pid !== process.pid);
}

/** SIGKILL for every process of the server; resolves when none is left, stopped ones included. */
export async function killTree(mark: ServerMark, timeoutMs = 10_000): Promise<void> {
  await until(
    () => {
      const alive = serverProcesses(mark);
      for (const entry of alive) signal(entry.pid, 'SIGKILL');
      return alive.length === 0;
    },
    { timeoutMs, what: 'every killed process was gone', node: mark.node, everyMs: 5 },
  );
}

/**
 * SIGSTOP for every process of the server. The postmaster goes first, since only it makes new backends; then the rest,
 * until a look finds all of them stopped.
 * @param wanted Asked at every look: whether it is still to be frozen (it may have been killed in the meantime).
 */
export async function freezeTree(mark: ServerMark, postmaster: number, wanted: () => boolean): Promise<void> {
  signal(postmaster, 'SIGSTOP');
  await until(
    () => {
      if (!wanted()) return true;
      const running = serverProcesses(mark).filter((entry) => entry.state.toUpperCase() !== 'T');
      for (const entry of running) signal(entry.pid, 'SIGSTOP');
      return running.length === 0;
    },
    { timeoutMs: 10_000, what: 'every process was stopped', node: mark.node, everyMs: 2 },
  );
}

/** SIGCONT for every process of the server; the postmaster comes last, so that it finds its children at work. */
export function thawTree(mark: ServerMark, postmaster: number): void {
  for (const entry of serverProcesses(mark)) if (entry.pid !== postmaster) signal(entry.pid, 'SIGCONT');
  signal(postmaster, 'SIGCONT');
}
