import { deepStrictEqual, fail, strictEqual } from 'node:assert/strict';
import { PoolingError, systemEnv } from '@nest-pooling/core';
import type { SqlPool } from '../../sql-pool.js';
import type { ConformanceOptions, ConformancePool, SqlHarness } from './harness.js';

/** Far beyond what any machine needs. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 5;
let trials = 0;

/** A case while it runs: its pool, its tables, and what is checked again and again. */
export class Trial {
  readonly pool: SqlPool;
  readonly #tables: string[] = [];
  readonly #number = ++trials;

  private constructor(
    readonly harness: SqlHarness,
    private readonly opened: ConformancePool,
  ) {
    this.pool = opened.managed.face;
  }

  /** Opens a pool, runs a body with it, and looks for what was lost. */
  static async run(
    harness: SqlHarness,
    options: ConformanceOptions,
    body: (trial: Trial) => Promise<void>,
  ): Promise<void> {
    const opened = await harness.open(options);
    const trial = new Trial(harness, opened);
    try {
      await body(trial);
      if (opened.managed.report().status === 'active') await trial.#settled();
    } finally {
      await trial.#end();
    }
  }

  get managed(): ConformancePool['managed'] {
    return this.opened.managed;
  }

  /** How many sessions there are, lent, and waited for. */
  get counts(): { readonly total: number; readonly inUse: number; readonly waiting: number } {
    const nodes = Object.values(this.opened.managed.report().nodes);
    const sum = (of: (node: (typeof nodes)[number]) => number): number =>
      nodes.reduce((all, node) => all + of(node), 0);
    return {
      total: sum(({ total }) => total),
      inUse: sum(({ inUse }) => inUse),
      waiting: sum(({ waiting }) => waiting),
    };
  }

  /** Makes a table of the case's own; answers its name. */
  async table(columns: string): Promise<string> {
    const name = `conformance_${this.#number}_${this.#tables.length + 1}`;
    this.#tables.push(name);
    await this.pool.query(`DROP TABLE IF EXISTS ${name}`);
    await this.pool.query(`CREATE TABLE ${name} (${columns})`);
    return name;
  }

  /** A table with an id and a number; answers its name. */
  items(): Promise<string> {
    const { integer } = this.harness.types;
    return this.table(`id ${integer} PRIMARY KEY, n ${integer} NOT NULL`);
  }

  /** A row of placeholders: `(?, ?)`. `from` is the first one's position. */
  row(count: number, from = 1): string {
    return `(${Array.from({ length: count }, (_, at) => this.harness.placeholder(from + at)).join(', ')})`;
  }

  /** Puts a row into a table of {@link items}, by whatever can query. */
  async put(by: Pick<SqlPool, 'query'>, table: string, id: number, n = id): Promise<void> {
    await by.query(`INSERT INTO ${table} (id, n) VALUES ${this.row(2)}`, [id, n]);
  }

  /** The ids in a table, in order, as somebody outside sees them. */
  async ids(table: string, by: Pick<SqlPool, 'query'> = this.pool): Promise<readonly number[]> {
    const { rows } = await by.query<{ id: number }>(`SELECT id FROM ${table} ORDER BY id`);
    return rows.map(({ id }) => id);
  }

  /** The ids in a table are these. */
  async has(table: string, ...ids: readonly number[]): Promise<void> {
    deepStrictEqual(await this.ids(table), ids);
  }

  /** Waits until something is so. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const { scheduler } = systemEnv;
    const end = scheduler.now() + PATIENCE_MS;
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    while (!(await holds())) {
      if (scheduler.now() > end) fail(`it never happened: ${what} (${JSON.stringify(this.counts)})`);
      // oxlint-disable-next-line no-await-in-loop
      await new Promise<void>((resolve) => void scheduler.after(PAUSE_MS, resolve));
    }
  }

  async #settled(): Promise<void> {
    await this.until('nothing is lent and nobody waits', () => {
      const { total, inUse, waiting } = this.counts;
      if (total > this.opened.most) fail(`${total} sessions of at most ${this.opened.most}`);
      return inUse === 0 && waiting === 0;
    });
  }

  async #end(): Promise<void> {
    const { managed } = this.opened;
    if (managed.report().status === 'active') {
      for (const name of this.#tables.toReversed()) {
        // oxlint-disable-next-line no-await-in-loop -- they refer to each other
        await this.pool.query(`DROP TABLE IF EXISTS ${name}`).catch(() => {});
      }
    }
    await managed.close();
    deepStrictEqual(this.counts, { total: 0, inUse: 0, waiting: 0 });
  }
}

/** What an error must be like. */
export interface Expected {
  readonly code?: string | readonly string[];
  readonly kind?: string;
  readonly category?: string;
}

/** It rejects, with an error of this house that is as expected; answers the error. */
export async function rejects(promise: Promise<unknown>, expected: Expected): Promise<PoolingError> {
  let error: unknown;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined) fail(`it should have been refused with ${JSON.stringify(expected)}`);
  if (!(error instanceof PoolingError))
    fail(`no error of this house: ${(error as Error).stack ?? JSON.stringify(error)}`);
  const { code, kind, category } = expected;
  if (typeof code === 'string') strictEqual(error.code, code, error.message);
  else if (code !== undefined && !code.includes(error.code)) fail(`${error.code}: ${error.message}`);
  if (kind !== undefined) strictEqual((error as { kind?: unknown }).kind, kind, error.message);
  if (category !== undefined) {
    strictEqual((error as { fault?: { category: string } }).fault?.category, category, error.message);
  }
  return error;
}

/** A promise that is settled from outside. */
export class Gate {
  readonly passed: Promise<void>;
  open!: () => void;

  constructor() {
    this.passed = new Promise((resolve) => (this.open = resolve));
  }
}
