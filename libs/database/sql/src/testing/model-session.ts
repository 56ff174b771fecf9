import type { Position, ProbeResult, RawResult, SqlSession, Statement } from '../driver.js';
import { cancelOf } from './model-cancel.js';
import { ModelConnection } from './model-connection.js';
import { ModelError } from './model-error.js';
import { streamRows } from './model-stream.js';

/** One session with a server of a `ModelCluster`. */
export class ModelSession extends ModelConnection implements SqlSession {
  execute(statement: Statement): Promise<RawResult> {
    const { pipeline } = this.context.options;
    if (!pipeline && this.inFlight > 0 && this.state !== 'broken')
      return Promise.reject(new Error('two statements at a time on one session'));
    return new Promise((resolve, reject) => {
      this.submit(statement, { answered: resolve, failed: reject });
    });
  }

  async share(): Promise<void> {
    await this.execute({ text: 'share' });
  }

  stream(statement: Statement, batch: number): AsyncIterable<readonly unknown[]> {
    return streamRows(this, statement, batch);
  }

  /** Rejects with `rolled-back` where the server rolled back instead. */
  async commit(): Promise<void> {
    const { command } = await this.execute({ text: 'commit' });
    if (command === 'ROLLBACK') throw new ModelError('rolled-back', 'the transaction had failed');
  }

  async position(): Promise<Position> {
    const { systemId, timeline, role } = this.identity;
    const told = await this.#told('position');
    // As real drivers do it: the session knows the history that was the server's when it was opened.
    if (told.role !== role) throw new ModelError('other', `it is a ${told.role} now`);
    return { systemId, timeline, at: told.at };
  }

  async reached(position: Position): Promise<boolean> {
    return Number((await this.position()).at) >= Number(position.at);
  }

  /** A probe asks anew. */
  async probe(): Promise<ProbeResult> {
    const { systemId, version } = this.identity;
    const { at, role, timeline } = await this.#told('probe');
    return { systemId, timeline, role, version, at, streaming: true, lagMs: 0 };
  }

  /** Hits whatever runs when it arrives. Rejects where the server cannot be told. */
  cancel(): Promise<void> {
    this.context.options.observer?.cancelling?.(this, this.head);
    return cancelOf(this.context, () => this.backend.hit());
  }

  async reset(): Promise<void> {
    try {
      await this.execute({ text: 'reset' });
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /** As it was when the server answered. */
  async #told(text: string): Promise<Pick<ProbeResult, 'at' | 'role' | 'timeline'>> {
    const { rows } = await this.execute({ text });
    return rows[0] as Pick<ProbeResult, 'at' | 'role' | 'timeline'>;
  }
}
