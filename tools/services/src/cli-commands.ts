import { ServicesError } from './errors.js';
import type { MariadbCluster } from './mariadb-cluster.js';
import type { MariadbNode } from './mariadb-node.js';
import type { PostgresCluster } from './postgres-cluster.js';
import type { PostgresNode } from './postgres-node.js';

/** What can be started here. */
export type AnyCluster = PostgresCluster | MariadbCluster;

type AnyNode = PostgresNode | MariadbNode;

/** A node as it is shown to people and, with `--json`, to programs. */
export interface NodeRow {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

interface Command {
  /** Words after the command's name. */
  readonly wants: readonly string[];
  readonly about: string;
  /** Gives the text for people. */
  readonly run: (cluster: AnyCluster, node: AnyNode, words: readonly string[]) => Promise<string>;
}

const onNode = (about: string, done: string, act: (node: AnyNode) => Promise<void>): Command => ({
  wants: ['node'],
  about,
  run: async (_cluster, node) => {
    await act(node);
    return `${node.name} ${done}.`;
  },
});

const COMMANDS: Readonly<Record<string, Command>> = {
  kill: onNode('kill -9 for all its processes', 'is dead', (node) => node.kill()),
  stop: onNode('shut it down in good order', 'has stopped', (node) => node.stop()),
  start: onNode('start it again', 'runs', (node) => node.start()),
  restart: onNode('stop and start it', 'runs again', (node) => node.restart()),
  freeze: onNode('SIGSTOP for all its processes', 'is frozen', (node) => node.freeze()),
  thaw: onNode('SIGCONT for all its processes', 'goes on', (node) => node.thaw()),
  lag: {
    wants: ['replica', 'milliseconds'],
    about: 'replay that much later (MariaDB: whole seconds); 0 turns it off',
    run: async (_cluster, node, [ms = '']) => {
      if (!/^\d+$/.test(ms)) throw wrong(`lag wants whole milliseconds (got "${ms}").`);
      await node.lag(Number(ms));
      return ms === '0' ? `${node.name} does not lag any more.` : `${node.name} lags by ${ms} ms.`;
    },
  },
  pause: onNode('pause the replay of a replica', 'replays nothing', (node) => node.pauseReplay()),
  resume: onNode('go on with the replay', 'replays again', (node) => node.resumeReplay()),
  promote: onNode('make a replica the primary', 'is the primary; see "repoint"', (node) => node.promote()),
  repoint: {
    wants: [],
    about: 'after promote: the others follow the new primary',
    run: async (cluster) => {
      const followers = await cluster.repoint();
      const names = followers.map((node) => node.name).join(', ') || 'Nobody';
      return `${names} follow${followers.length === 1 || names === 'Nobody' ? 's' : ''} ${cluster.primary.name}.`;
    },
  },
  rebuild: onNode(
    'take all data from the primary and come back as its replica',
    'follows the primary',
    (node) => node.rebuild(),
  ),
  status: { wants: [], about: 'show all nodes', run: async (cluster) => table(await rows(cluster)) },
};

/** What can be typed, for people. */
export function commandHelp(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about, wants }]) =>
    line([name, ...wants.map(angled)], about),
  );
  return [
    'Commands:',
    ...lines,
    line(['help'], 'this text'),
    line(['quit'], 'stop every server and end'),
  ].join('\n');
}

const angled = (word: string) => `<${word}>`;
const line = (words: readonly string[], about: string) => `  ${words.join(' ').padEnd(30)}${about}`;

/**
 * Does what a typed line says.
 * @returns The text for people.
 * @throws ServicesError `SERVICES_OPTIONS` when the line is wrong, else what the action throws.
 */
export async function runCommand(cluster: AnyCluster, typed: string): Promise<string> {
  const [name = '', ...words] = typed.trim().split(/\s+/);
  if (name === 'help') return commandHelp();
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw wrong(`There is no command "${name}". There are: ${Object.keys(COMMANDS).join(', ')}, help, quit.`);
  }
  if (words.length !== command.wants.length) {
    const names = cluster.nodes.map((node) => node.name).join(', ');
    throw wrong(`Say: ${[name, ...command.wants.map(angled)].join(' ')}. The nodes are: ${names}.`);
  }
  const [node, ...rest] = words;
  return command.run(cluster, node === undefined ? cluster.primary : cluster.node(node), rest);
}

function wrong(message: string): ServicesError {
  return new ServicesError('SERVICES_OPTIONS', message);
}

/** Present facts of all nodes; the role is what each server claims. */
export async function rows(cluster: AnyCluster): Promise<NodeRow[]> {
  return Promise.all(
    cluster.nodes.map(async (node) => {
      const { host, name, port, state, url } = node;
      return { name, role: await node.role(), state, host, port, url };
    }),
  );
}

/** The nodes as a table. */
export function table(nodes: readonly NodeRow[]): string {
  const lines = [
    ['NODE', 'ROLE', 'STATE', 'URL'],
    ...nodes.map((row) => [row.name, row.role, row.state, row.url]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
