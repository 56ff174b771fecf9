import type { ServerResponse } from 'node:http';

/** A result, and the id of the node that gave it. */
export interface Served<T> {
  readonly node: string;
  readonly value: T;
}

/** Tells the client which node has answered. */
export function servedBy(response: ServerResponse, node: string): void {
  response.setHeader('X-Served-By', node);
}
