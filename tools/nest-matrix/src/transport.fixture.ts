import type { PostgresCluster } from '@nest-pooling/services';
import type { INestApplicationContext } from '@nestjs/common';
import type { Order } from './shop/orders.fixture.js';
import type { Operation } from './shop/shop.fixture.js';

/** Handlers that carry the decorators themselves: `@Transactional`, and `@SessionPerRequest`. */
export type Handler = 'here' | 'session';

/** How a call ended, for the one who made it. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      /** The HTTP status, or what stands for it. */
      readonly status: number;
      readonly code: string;
      readonly retryAfterMs: number | undefined;
      /** All that came over the wire. */
      readonly text: string;
    };

/** A running application and its client. */
export interface Connection {
  readonly app: INestApplicationContext;
  /** Calls, and waits for the end; of several values the last one counts. */
  call(operation: Operation | Handler, order: Order): Promise<Outcome>;
  /** Calls, and returns what makes the client go away. */
  abandon(operation: Operation | Handler, order: Order): () => void;
  close(): Promise<void>;
}

/** One way into an application. */
export interface Transport {
  readonly name: string;
  /** What the matrix asks of it beyond {@link Operation}. */
  readonly handlers: readonly Handler[];
  start(cluster: PostgresCluster): Promise<Connection>;
}

/** Reads what the exception filter says outside of HTTP. */
export function failed(message: unknown): Outcome {
  const { statusCode, status, code, retryAfterMs } = Object(message) as Record<string, unknown>;
  return {
    ok: false,
    status: Number(statusCode ?? status),
    code: String(code),
    retryAfterMs: retryAfterMs as number | undefined,
    text: JSON.stringify(message),
  };
}
