import { parseArgs } from 'node:util';
import { textOf } from './errors.js';

/** How to call it, for people. */
export const USAGE = `Usage: npm run services -- up [options]

Starts a real Postgres or MariaDB primary and its replicas on loopback, until Ctrl-C, "quit" or the end of the input.

  --mariadb          MariaDB and not Postgres: the installed one, else Debian's package, which is unpacked and not installed
  --replicas <n>     number of replicas, 0 to 16 (default 2)
  --port <n>         port of the primary, the replicas get the next ones (default: free ports)
  --database <name>  database in the URLs, made when missing (default postgres, or app)
  --json             one line of JSON for the start, and one for the answer to each command
  --help             this text
`;

/** Options of a cluster that can be given here; they mean the same for every database. */
export interface CliOptions {
  readonly replicas?: number;
  readonly port?: number;
  readonly database?: string;
}

/** The databases that there are. */
export type CliDatabase = 'postgres' | 'mariadb';

/** What the words of the command line ask for. */
export type CliRequest =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }
  | {
      readonly kind: 'up';
      readonly of: CliDatabase;
      readonly json: boolean;
      readonly options: CliOptions;
    };

/** Reads the words after the program's name. */
export function readArguments(words: readonly string[]): CliRequest {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        replicas: { type: 'string' },
        port: { type: 'string' },
        database: { type: 'string' },
        mariadb: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    return { kind: 'wrong', message: textOf(error) };
  }
  const { positionals, values } = parsed;
  if (values.help || positionals[0] === 'help') return { kind: 'help' };
  if (positionals.length === 0)
    return { kind: 'wrong', message: 'What shall be done? The only command is "up".' };
  if (positionals[0] !== 'up') {
    return { kind: 'wrong', message: `There is no command "${positionals[0]}". The only one is "up".` };
  }
  if (positionals.length > 1)
    return { kind: 'wrong', message: `"up" takes no "${positionals.slice(1).join(' ')}".` };
  for (const name of ['replicas', 'port'] as const) {
    const value = values[name];
    if (value !== undefined && !/^\d+$/.test(value)) {
      return { kind: 'wrong', message: `--${name} must be a whole number (got "${value}").` };
    }
  }
  const { database, json, port, replicas } = values;
  return {
    kind: 'up',
    of: values.mariadb ? 'mariadb' : 'postgres',
    json,
    options: {
      ...(replicas === undefined ? {} : { replicas: Number(replicas) }),
      ...(port === undefined ? {} : { port: Number(port) }),
      ...(database === undefined ? {} : { database }),
    },
  };
}
