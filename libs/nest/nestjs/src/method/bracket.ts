/** Something that lasts as long as a piece of work: a transaction, a lent session. */
export type Bracket = <R>(work: () => Promise<R>) => Promise<R>;

/** What a bracket fails with when whoever listened went away before the end: that says nothing about the work. */
export const LEFT = new Error('the caller has left');
