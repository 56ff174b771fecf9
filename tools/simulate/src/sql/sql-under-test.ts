import type * as sql from '@nest-pooling/sql';

/** What a simulation needs of the SQL room: the real one, or a mutant of it. */
export type SqlUnderTest = Pick<typeof sql, 'SingleNodePool'>;
