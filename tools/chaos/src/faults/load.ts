import { PoolingError } from '@nest-pooling/core';
import { SqlError, type SqlPool } from '@nest-pooling/sql';
import { Ledger } from './ledger.js';

const ROWS = 1_000;
const TIMEOUT_MS = 3_000;
/** Codes that a caller may be told while the server is in trouble. */
const EXPECTED: ReadonlySet<string> = new Set([
  'SQL_CONNECTION_LOST',
  'SQL_OUTCOME_UNKNOWN',
  'SQL_TIMEOUT',
  'SQL_STATEMENT_FAILED',
  'SQL_TRANSACTION_TIMEOUT',
  'POOL_CREATE_FAILED',
  'POOL_TIMEOUT',
  'POOL_QUEUE_FULL',
]);

/** Reads in pipes, writes, transactions and streams, all at once, each checked. */
export class Load {
  readonly ledger = new Ledger();
  readonly codes: Record<string, number> = {};
  wrong = 0;
  unexpected = 0;
  served = 0;
  running = 0;
  private going = true;
  readonly #loops: readonly Promise<void>[];

  constructor(
    private readonly pool: SqlPool,
    /** How the dialect writes the only parameter of a statement. */
    private readonly parameter: '$1' | '?',
  ) {
    this.#loops = [
      ...loops(24, (n) => this.#loop(n, (id) => this.#read(id))),
      ...loops(8, (n) => this.#loop(n, () => this.#write())),
      ...loops(4, (n) => this.#loop(n, () => this.#transfer())),
      ...loops(2, (n) => this.#loop(n, () => this.#stream())),
    ];
  }

  /** Ends it; resolves to whether everything settled. */
  async stop(limitMs: number): Promise<boolean> {
    this.going = false;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), limitMs);
    });
    const settled = await Promise.race([Promise.all(this.#loops).then(() => true), late]);
    clearTimeout(timer);
    return settled;
  }

  async #loop(seed: number, work: (n: number) => Promise<void>): Promise<void> {
    for (let n = seed; this.going; n += 31) {
      this.running++;
      try {
        await work(n);
        this.served++;
      } catch (error) {
        this.#note(error);
        // Nobody calls again within a microsecond.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      this.running--;
    }
  }

  get #insert(): string {
    return `INSERT INTO ledger VALUES (${this.parameter})`;
  }

  async #read(n: number): Promise<void> {
    const id = 1 + (n % ROWS);
    const text = `SELECT value FROM item WHERE id = ${this.parameter}`;
    const { rows } = await this.pool.query<{ value: string }>(text, [id], { timeoutMs: TIMEOUT_MS });
    if (rows[0]?.value !== `value ${id}`) this.wrong++;
  }

  async #write(): Promise<void> {
    const id = this.ledger.next();
    await this.#booked(id, 1, () => this.pool.query(this.#insert, [id], { timeoutMs: TIMEOUT_MS }));
  }

  async #transfer(): Promise<void> {
    const id = this.ledger.next();
    await this.#booked(id, 2, () =>
      this.pool.transaction(
        async (tx) => {
          await tx.query(this.#insert, [id]);
          await tx.query(this.#insert, [id]);
        },
        { timeoutMs: TIMEOUT_MS },
      ),
    );
  }

  async #stream(): Promise<void> {
    let next = 0;
    const rows = this.pool.stream<{ id: number }>('SELECT id FROM item ORDER BY id', [], { batchSize: 100 });
    for await (const { id } of rows) if (id !== ++next) this.wrong++;
    if (next !== ROWS) this.wrong++;
  }

  async #booked(id: number, rows: number, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.ledger.tell(id, outcomeOf(error), rows);
      throw error;
    }
    this.ledger.tell(id, 'done', rows);
  }

  #note(error: unknown): void {
    const code = error instanceof PoolingError ? error.code : String(error);
    this.codes[code] = (this.codes[code] ?? 0) + 1;
    if (!EXPECTED.has(code)) this.unexpected++;
  }
}

/** Whether the caller may take it that nothing happened. */
function outcomeOf(error: unknown): 'not done' | 'unknown' {
  if (error instanceof SqlError) {
    const outcome = error.fault?.outcome;
    return outcome === 'not-sent' || outcome === 'rolled-back' ? 'not done' : 'unknown';
  }
  // The pool lent nothing, so nothing was sent.
  return error instanceof PoolingError ? 'not done' : 'unknown';
}

function loops(count: number, start: (n: number) => Promise<void>): Promise<void>[] {
  return Array.from({ length: count }, (_, n) => start(n));
}
