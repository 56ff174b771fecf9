import type { Position, ProbeResult, RawResult, Role, SqlSession, Statement } from '@nest-pooling/sql';
import { lost, sqlFault } from './sql-fault.js';

/** What a fake server does with a statement of a session. */
export type Respond = (statement: Statement) => Promise<RawResult>;

const HERE: Position = { systemId: 'fake', timeline: 1, at: '0' };
const END = /^\s*(?:COMMIT|END|ROLLBACK|ABORT)\b(?!\s+TO\b)/i;
const BEGIN = /^\s*(?:BEGIN|START\s+TRANSACTION)\b/i;
const BACK = /^\s*ROLLBACK\s+TO\b/i;

/** A session with a server that exists only as a list of answers. Knows of transactions as much as Postgres: a failed one does nothing more. */
export class FakeSession implements SqlSession {
  readonly identity;
  state: SqlSession['state'] = 'idle';
  readonly #respond: Respond;
  #interrupt: ((error: Error) => void) | undefined;

  constructor(role: Role, respond: Respond) {
    this.identity = { ...HERE, role, version: '1' };
    this.#respond = respond;
  }

  async execute(statement: Statement): Promise<RawResult> {
    const { text } = statement;
    if (this.state === 'broken') throw lost();
    if (this.state === 'failed' && !END.test(text) && !BACK.test(text)) throw sqlFault('transaction-failed');
    try {
      const result = await this.#untilInterrupted(this.#respond(statement));
      if (BEGIN.test(text)) this.state = 'in-transaction';
      else if (END.test(text)) this.state = 'idle';
      else if (BACK.test(text)) this.state = 'in-transaction';
      return result;
    } catch (error) {
      this.#failed(text);
      throw error;
    }
  }

  async *stream(statement: Statement, batch: number): AsyncIterable<readonly unknown[]> {
    const { rows } = await this.execute(statement);
    for (let at = 0; at < rows.length; at += batch) yield rows.slice(at, at + batch);
  }

  async commit(): Promise<void> {
    await this.execute({ text: 'COMMIT' });
  }

  position(): Promise<Position> {
    return Promise.resolve(HERE);
  }

  reached(): Promise<boolean> {
    return Promise.resolve(true);
  }

  probe(): Promise<ProbeResult> {
    return Promise.resolve({ ...this.identity, at: HERE.at, streaming: true, lagMs: 0 });
  }

  async cancel(): Promise<void> {
    this.#interrupt?.(sqlFault('cancelled'));
  }

  async reset(): Promise<void> {
    if (this.state !== 'broken') this.state = 'idle';
  }

  async close(): Promise<void> {
    this.destroy();
  }

  destroy(): void {
    this.state = 'broken';
    this.#interrupt?.(lost());
  }

  #failed(text: string): void {
    if (this.state === 'broken') return;
    // A COMMIT that is refused has undone what it should have kept.
    if (END.test(text)) this.state = 'idle';
    else if (this.state === 'in-transaction') this.state = 'failed';
  }

  /** An answer may be a promise that never settles: that is how a test shows what a timeout does. */
  #untilInterrupted(answer: Promise<RawResult>): Promise<RawResult> {
    return new Promise<RawResult>((resolve, reject) => {
      this.#interrupt = reject;
      answer.then(resolve, reject);
    }).finally(() => (this.#interrupt = undefined));
  }
}
