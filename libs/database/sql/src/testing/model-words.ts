import type { RawResult, Statement } from '../driver.js';
import { ModelError } from './model-error.js';
import type { ModelDatabase, ModelTransaction } from './model-database.js';
import type { ModelReplication } from './model-replication.js';
import type { ModelServer } from './model-server.js';

/** The state of a session on its server, as statements see and change it. */
export interface ModelPlace {
  readonly server: ModelServer;
  readonly database: ModelDatabase;
  readonly replication: ModelReplication | undefined;
  readonly settings: Set<string>;
  /** It refuses writes whatever the transaction. */
  readOnly: boolean;
  /** It did so from the beginning, and does again when it was reset. */
  readonly bornReadOnly: boolean;
  /** It was made ready to be shared. */
  shared: boolean;
  /** The open transaction. */
  transaction: ModelTransaction | undefined;
  /** A statement of the open transaction has failed. */
  failed: boolean;
  /** What the statement that runs writes in: the open transaction, or one of its own. */
  readonly current: ModelTransaction;
  begin(): ModelTransaction;
}

/** Statements that look like reads. The last two are none. */
const READS = ['select', 'sleep', 'rows', 'fail', 'sneaky', 'trap'];
const WRITES = ['insert', 'update', 'sneaky'];
/** What can still be said when a transaction has failed. */
const ENDS = ['rollback', 'commit', 'reset'];

type Words = readonly [word: string, key: string, value: string | undefined];

/** Of the statement that was asked about last: several ask about each. */
let last: { readonly text: string; readonly words: Words } | undefined;

/** The words of a statement; the first in lower case. */
export function wordsOf(text: string): Words {
  if (last?.text === text) return last.words;
  const [word = '', key = '', value] = text.split(' ');
  const words: Words = [word.toLowerCase(), key, value];
  last = { text, words };
  return words;
}

/** What a statement is, as far as one can see. */
export function classify(text: string): {
  lane: 'read' | 'write';
  pins: boolean;
  fingerprint: string;
  statements: number;
} {
  const [word] = wordsOf(text);
  return {
    lane: READS.includes(word) ? 'read' : 'write',
    pins: word === 'set',
    fingerprint: text,
    statements: 1,
  };
}

/** The row that a statement changes, so that it must lock it. */
export function lockOf(place: ModelPlace, text: string): string | undefined {
  const [word, key] = wordsOf(text);
  return WRITES.includes(word) && !place.failed && !refusesWrites(place) ? key : undefined;
}

/** How long a statement takes. */
export function usualMs(server: ModelServer, text: string): number {
  const [word, ms] = wordsOf(text);
  return word === 'sleep' ? Number(ms) : server.latencyMs;
}

/** Runs a statement. Throws a {@link ModelError}. */
export function perform(place: ModelPlace, { text, params }: Statement): RawResult {
  const [word, key, value] = wordsOf(text);
  const { server, settings } = place;
  server.statements++;
  if (place.failed && !ENDS.includes(word)) throw new ModelError('other', 'the transaction has failed');
  switch (word) {
    case 'select':
      return result(word, [rowOf(place, key, params)]);
    case 'probe':
    case 'position':
      place.replication?.pull();
      // All of one moment: a position that was told before a promotion belongs to the history before it.
      return result(word, [
        {
          at: String(place.database.log.positionOf(server)),
          role: server.role,
          timeline: server.timeline,
        },
      ]);
    case 'sleep':
      return result(word, [rowOf(place, value ?? key, params)]);
    case 'rows':
      return result(
        word,
        Array.from({ length: Number(key) }, (_, at) => ({
          n: at + 1,
          ...rowOf(place, value ?? key, params),
        })),
      );
    case 'sneaky':
    case 'insert':
    case 'update':
      if (refusesWrites(place)) throw new ModelError('role', 'read-only');
      place.current.writes.push({ key, value });
      return result(word, []);
    case 'fail':
      throw new ModelError(key, `failed as told: ${key}`);
    case 'set':
      settings.add(text);
      return result(word, []);
    case 'share':
      place.shared = true;
      place.readOnly = true;
      return result(word, []);
    case 'defer':
      if (place.transaction === undefined) throw new ModelError('constraint', 'violates a constraint');
      place.transaction.doomed = true;
      return result(word, []);
    case 'trap':
    case 'begin':
      place.begin().readOnly = / read only/i.test(text);
      return result(word, []);
    case 'commit':
      return result(commit(place), []);
    case 'reset':
      rollback(place);
      settings.clear();
      place.shared = false;
      place.readOnly = place.bornReadOnly;
      return result(word, []);
    default:
      return result(word, savepoint(place, word, text));
  }
}

function result(word: string, rows: readonly unknown[]): RawResult {
  return { rows, rowCount: rows.length, command: word.toUpperCase(), fields: [] };
}

function rowOf(
  { current, server, database, replication }: ModelPlace,
  key: string,
  params: readonly unknown[] | undefined,
): object {
  const own = current.own(key);
  replication?.pull();
  const value = own === undefined ? database.log.valueOf(server, key) : own.value;
  const row = { value, node: server.id };
  return params === undefined || params.length === 0 ? row : { ...row, echo: params[0] };
}

function refusesWrites({ server, readOnly, transaction }: ModelPlace): boolean {
  return readOnly || server.role !== 'primary' || transaction?.readOnly === true;
}

function commit(place: ModelPlace): string {
  const { transaction, database, failed } = place;
  if (transaction === undefined) return 'commit';
  if (failed || transaction.doomed) {
    rollback(place);
    if (!failed) throw new ModelError('constraint', 'violates a deferred constraint');
    // The server does not call it an error.
    return 'rollback';
  }
  place.transaction = undefined;
  database.commit(transaction);
  return 'commit';
}

function rollback(place: ModelPlace): void {
  const { transaction, database } = place;
  place.transaction = undefined;
  place.failed = false;
  if (transaction !== undefined) database.rollback(transaction);
}

function savepoint(place: ModelPlace, word: string, text: string): readonly unknown[] {
  const { transaction } = place;
  const words = text.toLowerCase().split(' ');
  const name = words.at(-1)!;
  const isRollback = word === 'rollback';
  if (isRollback && words[1] !== 'to') {
    rollback(place);
    return [];
  }
  if (!isRollback && word !== 'savepoint' && word !== 'release') return [];
  if (transaction === undefined) throw new ModelError('other', 'there is no transaction');
  const { savepoints, writes } = transaction;
  if (word === 'savepoint') {
    savepoints.push({ name, writes: writes.length });
    return [];
  }
  const at = savepoints.findLastIndex((one) => one.name === name);
  if (at < 0) throw new ModelError('other', `there is no savepoint ${name}`);
  if (isRollback) {
    writes.length = savepoints[at]!.writes;
    savepoints.length = at + 1;
    place.failed = false;
  } else savepoints.length = at;
  return [];
}
