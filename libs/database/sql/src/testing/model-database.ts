import { ModelError } from './model-error.js';
import { ModelLog, type ModelEntry } from './model-log.js';

/** Somebody who waits for the lock of a row. */
interface LockWait {
  readonly transaction: ModelTransaction;
  readonly granted: () => void;
}

/** What one transaction has done so far; a statement outside of any is one of its own. */
export class ModelTransaction {
  readonly writes: { readonly key: string; readonly value: unknown }[] = [];
  /** Names of savepoints, and how much was written before each. */
  readonly savepoints: { readonly name: string; readonly writes: number }[] = [];
  readonly locks = new Set<string>();
  /** The row whose lock it waits for. */
  waitsFor: string | undefined;
  /** A deferred constraint is violated: its commit will fail. */
  doomed = false;
  /** It was begun as one that writes nothing. */
  readOnly = false;

  /** The value that it has written itself. */
  own(key: string): { readonly value: unknown } | undefined {
    return this.writes.findLast((write) => write.key === key);
  }
}

/** The values of a cluster, and who has locked which row. */
export class ModelDatabase {
  readonly data = new Map<string, unknown>();
  readonly log: ModelLog;
  readonly #owners = new Map<string, ModelTransaction>();
  readonly #waits = new Map<string, LockWait[]>();

  constructor(
    now: () => number,
    private readonly committed: ((key: string, value: unknown) => void) | undefined,
  ) {
    this.log = new ModelLog(now);
  }

  /**
   * Locks a row until the end of the transaction. Answers whether it has the lock; else `granted` is called when it has.
   * Throws where everybody would wait for each other.
   */
  lock(transaction: ModelTransaction, key: string, granted: () => void): boolean {
    const owner = this.#owners.get(key);
    if (owner === undefined || owner === transaction) {
      this.#own(transaction, key);
      return true;
    }
    this.#refuseCircle(transaction, owner);
    transaction.waitsFor = key;
    const waits = this.#waits.get(key) ?? [];
    waits.push({ transaction, granted });
    this.#waits.set(key, waits);
    return false;
  }

  /** It waits no longer. */
  leave(transaction: ModelTransaction): void {
    const { waitsFor } = transaction;
    if (waitsFor === undefined) return;
    transaction.waitsFor = undefined;
    const waits = this.#waits.get(waitsFor)!;
    waits.splice(
      waits.findIndex((wait) => wait.transaction === transaction),
      1,
    );
  }

  /** What was committed elsewhere has come. */
  take(entry: ModelEntry): void {
    this.data.set(entry.key, entry.value);
    this.log.take(entry);
  }

  /** Forgets what lies behind the first `length` entries of the log. */
  rewind(length: number): void {
    const gone = new Set(this.log.entries.slice(length).map(({ key }) => key));
    this.log.rewind(length);
    for (const key of gone) this.data.set(key, this.log.valuesOf(key).at(-1));
  }

  commit(transaction: ModelTransaction): void {
    for (const { key, value } of transaction.writes) {
      this.data.set(key, value);
      this.log.append(key, value);
      this.committed?.(key, value);
    }
    this.rollback(transaction);
  }

  /** Ends it; what was not committed is gone. */
  rollback(transaction: ModelTransaction): void {
    this.leave(transaction);
    transaction.writes.length = 0;
    for (const key of transaction.locks) {
      this.#owners.delete(key);
      const next = this.#waits.get(key)?.shift();
      if (next === undefined) continue;
      next.transaction.waitsFor = undefined;
      this.#own(next.transaction, key);
      next.granted();
    }
    transaction.locks.clear();
  }

  #own(transaction: ModelTransaction, key: string): void {
    this.#owners.set(key, transaction);
    transaction.locks.add(key);
  }

  #refuseCircle(transaction: ModelTransaction, owner: ModelTransaction): void {
    let at: ModelTransaction | undefined = owner;
    while (at?.waitsFor !== undefined) {
      at = this.#owners.get(at.waitsFor);
      if (at === transaction) throw new ModelError('conflict', 'deadlock detected');
    }
  }
}
