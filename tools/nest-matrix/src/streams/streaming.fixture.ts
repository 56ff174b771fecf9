import type { PostgresCluster } from '@nest-pooling/services';
import type { INestApplicationContext } from '@nestjs/common';

/** What a client of a stream is told. */
export interface Listener {
  value(value: string): void;
  end(): void;
}

/** A running application, whose stream writes an order, gives its id, and ends then or never. */
export interface StreamingConnection {
  readonly app: INestApplicationContext;
  /** Listens, and returns what makes the client go away. */
  listen(id: string, endless: boolean, listener: Listener): () => void;
  close(): Promise<void>;
}

/** A transport whose answers come one by one, so that its client can leave before the last one. */
export interface Streaming {
  readonly name: string;
  start(cluster: PostgresCluster): Promise<StreamingConnection>;
}
