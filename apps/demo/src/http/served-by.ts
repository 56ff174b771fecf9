/** What the answers of Express and of Fastify have in common. */
export interface HttpAnswer {
  header(name: string, value: string): unknown;
}

/** A result, and the id of the node that gave it. */
export interface Served<T> {
  readonly node: string;
  readonly value: T;
}

/** Tells the client which node has answered. */
export function servedBy(response: HttpAnswer, node: string): void {
  response.header('X-Served-By', node);
}
