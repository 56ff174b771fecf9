import type { Lane, Statement } from './driver.js';

/** A statement that has ended, for those who log or measure. Parameters are not in it. */
export interface EndedStatement {
  /** The id of the node. */
  readonly node: string;
  /** The lane of the session. */
  readonly lane: Lane;
  /** As the caller gave it: without comments of ours, with whatever literals it holds. */
  readonly text: string;
  /** How many parameters it had. */
  readonly parameters: number;
  /** Who asked, where that is known. */
  readonly label: string | undefined;
  /** How long it took on its session, in milliseconds; what it waited before is not counted. */
  readonly ms: number;
  /** Rows returned or changed; `null` where there is no such number. */
  readonly rows: number | null;
  /** What the caller got instead of an answer. */
  readonly error: unknown;
}

/** Hears of every statement that has ended. */
export interface StatementObserver {
  /** Somebody wants to hear of them. Without it no clock is read and {@link ended} is not called. */
  readonly timed: boolean;
  /** One has ended. Must not throw. */
  ended(statement: EndedStatement): void;
}

/** Nobody wants to hear of statements. */
export const unobserved: StatementObserver = { timed: false, ended: () => {} };

/** What is observed, and where it runs. */
export interface Observed {
  readonly id: string;
  readonly lane: Lane;
  readonly env: { readonly scheduler: { now(): number } };
  readonly policy: { readonly observer: StatementObserver };
}

/** Runs something that is worth a line, whatever becomes of it. Only where somebody wants to hear of it. */
export async function observed<R>(
  { id, lane, env, policy }: Observed,
  { text, params }: Statement,
  label: string | undefined,
  work: () => Promise<R>,
  rowsOf: (result: R) => number | null,
): Promise<R> {
  const { scheduler } = env;
  const began = scheduler.now();
  const end = (rows: number | null, error?: unknown): void => {
    const ms = scheduler.now() - began;
    policy.observer.ended({ node: id, lane, text, parameters: params?.length ?? 0, label, ms, rows, error });
  };
  let result: R;
  try {
    result = await work();
  } catch (error) {
    end(null, error);
    throw error;
  }
  end(rowsOf(result));
  return result;
}
