import { measured, must, type Row } from '@nest-pooling/report';
import { startFaultProxy, type FaultProxy, type ManagedServer } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { Load } from './load.js';

/** What is done to the server or to the way to it, and undone. */
interface Fault {
  readonly name: string;
  hit(place: Place): Promise<unknown> | void;
  heal(place: Place): Promise<unknown> | void;
}

interface Place {
  readonly server: ManagedServer;
  readonly proxy: FaultProxy;
}

/** A kind of server whose pool has to stand all faults. */
export interface Kind {
  readonly server: ManagedServer & { readonly url: string };
  /** A URL of somebody who may do everything, and is not counted. */
  readonly watcherUrl: string;
  /** How the dialect writes the only parameter of a statement. */
  readonly parameter: '$1' | '?';
  /** A statement without parameters that makes and fills `item`: the ids from 1 to 1,000, and for each its `value`. */
  readonly items: readonly string[];
  /** Tells how many sessions of the pool there are on the server, as `n`. */
  readonly sessions: string;
  /** Opens a pool that goes through the proxy. */
  pool(url: string, settings: PoolSettings): Opened;
  /** Opens the pool of somebody who watches. */
  watcher(url: string): Opened;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'kill',
    hit: ({ server }) => server.kill(),
    heal: ({ server }) => server.restart(),
  },
  {
    name: 'freeze',
    hit: ({ server }) => server.freeze(),
    heal: ({ server }) => server.thaw(),
  },
  { name: 'reset', hit: ({ proxy }) => proxy.reset(), heal: ({ proxy }) => proxy.pass() },
  { name: 'blackhole', hit: ({ proxy }) => proxy.blackhole(), heal: ({ proxy }) => proxy.pass() },
];
const BEFORE_MS = 700;
const FAULT_MS = 1_500;
const SETTLE_MS = 30_000;

/** What every kind of pool is given. */
const SETTINGS = { max: 10, acquireTimeoutMs: 3_000, closeTimeoutMs: 1_000 };

type PoolSettings = typeof SETTINGS;

/** Faults in the middle of reads, writes, transactions and streams on one server: nothing lost, doubled, leaked or left open. */
export async function runFaults(kind: Kind): Promise<Row[]> {
  const { host, port } = kind.server;
  await using proxy = await startFaultProxy({ target: { host, port } });
  const rows: Row[] = [];
  for (const fault of FAULTS) rows.push(...(await during(fault, kind, proxy)));
  return rows;
}

async function during(fault: Fault, kind: Kind, proxy: FaultProxy): Promise<Row[]> {
  const { server } = kind;
  const place = { server, proxy };
  const url = new URL(server.url);
  url.port = String(proxy.port);
  const watcher = kind.watcher(kind.watcherUrl);
  const pool = kind.pool(url.href, SETTINGS);
  try {
    await watcher.query('DROP TABLE IF EXISTS item, ledger');
    for (const text of kind.items) await watcher.query(text);
    // Without a key: what happened twice is to be seen.
    await watcher.query('CREATE TABLE ledger (id int)');
    await pool.start();
    const load = new Load(pool, kind.parameter);
    await pause(BEFORE_MS);
    const before = load.served;
    await fault.hit(place);
    await pause(FAULT_MS);
    await fault.heal(place);
    const healed = performance.now();
    const untilThen = load.served;
    while (load.served < untilThen + 200 && performance.now() < healed + SETTLE_MS) await pause(2);
    const recovered = performance.now() - healed;
    await pause(BEFORE_MS);
    const settled = await load.stop(SETTLE_MS);
    const { inUse, waiting } = await quiet(pool);
    await pool.close();
    const audit = await load.ledger.audit(watcher);
    const left = await sessionsLeft(watcher, kind.sessions);
    const title = (what: string): string => `${fault.name}: ${what}`;
    const none = { atMost: 0 };
    return [
      must(title('promises that did not settle'), settled ? 0 : load.running, '', none),
      must(title('wrong answers'), load.wrong, '', none),
      must(title('errors of a kind that nobody expects'), load.unexpected, '', none),
      must(title('acknowledged writes that are not there'), audit.lost, '', none),
      must(title('writes told as not done that are there'), audit.phantom, '', none),
      must(title('writes done twice'), audit.doubled, '', none),
      must(title('transactions done by half'), audit.torn, '', none),
      must(title('leases and waiters left'), inUse + waiting, '', none),
      must(title('sessions left on the server after close'), left, '', none),
      must(title('served again after'), recovered, 'ms', { atMost: 5_000 }),
      measured(title('served before the fault'), before, ''),
      measured(title('served in all'), load.served, ''),
      measured(title('writes told as unknown'), load.ledger.count('unknown'), ''),
      ...Object.entries(load.codes).map(([code, n]) => measured(title(code), n, '')),
    ];
  } finally {
    await pool.close();
    await watcher.close();
  }
}

/** A pool as it is used here. */
export type Opened = SqlPool & {
  start(): Promise<void>;
  close(): Promise<void>;
  report(): {
    readonly nodes: Readonly<Record<string, { readonly inUse: number; readonly waiting: number }>>;
  };
};

/** The pool's numbers once nobody uses it: what was cancelled is apart for a moment, shared sessions go after a second. */
async function quiet(pool: Opened): Promise<{ inUse: number; waiting: number }> {
  const end = performance.now() + SETTLE_MS;
  for (;;) {
    const { inUse, waiting } = pool.report().nodes['shop.primary']!;
    if (inUse + waiting === 0 || performance.now() > end) return { inUse, waiting };
    await pause(20);
  }
}

async function sessionsLeft(watcher: Opened, text: string): Promise<number> {
  const end = performance.now() + SETTLE_MS;
  for (;;) {
    const n = Number((await watcher.query<{ n: number | string }>(text)).rows[0]!.n);
    // A server notices a socket that is gone when it looks at it next.
    if (n === 0 || performance.now() > end) return n;
    await pause(50);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
