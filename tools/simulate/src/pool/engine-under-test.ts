import type * as pool from '@nest-pooling/pool';

/** What a simulation needs of the engine: the real one, or a mutant of it. */
export type EngineUnderTest = Pick<typeof pool, 'Pool' | 'PoolBudget'>;
