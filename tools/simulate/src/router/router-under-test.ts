import type * as routing from '@nest-pooling/routing';

/** What is simulated: the routing package, or a copy of it with a fault in it. */
export type RouterUnderTest = Pick<typeof routing, 'ReadReplicaRouter' | 'runInCausalScope'>;
