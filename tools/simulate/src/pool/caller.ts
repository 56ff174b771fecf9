import type { AcquirePriority } from '@nest-pooling/pool';

/** One who asked a simulated pool for a resource. */
export interface Caller {
  /** Its place in the order of asking. */
  readonly seq: number;
  readonly priority: AcquirePriority;
  readonly since: number;
  /** When it must have an answer. */
  readonly deadline: number;
  readonly controller: AbortController | undefined;
  /** It came after the pool was told to end. */
  readonly late: boolean;
}

/** What an error of the engine says; an error that is none of the engine's has no code. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.startsWith('POOL_') ? code : undefined;
}
