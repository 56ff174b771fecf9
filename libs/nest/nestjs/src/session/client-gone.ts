import type { ExecutionContext } from '@nestjs/common';
import type { EventEmitter } from 'node:events';

/** What is needed of Node's response, which Express hands out itself and Fastify within its reply. */
interface RawResponse extends EventEmitter {
  /** Everything was sent. HTTP/2 does not tell; there the end of the answer has to do. */
  readonly writableFinished?: boolean;
  readonly writableEnded: boolean;
  readonly destroyed?: boolean;
}

/**
 * Calls `gone` once when the client of an HTTP request goes away before it has its answer; at once when it is gone already. Returns the
 * function that ends the watch. Without effect for what is not HTTP.
 */
export function whenClientGone(context: ExecutionContext, gone: () => void): () => void {
  const response = context.getType() === 'http' ? rawResponse(context.getArgByIndex(1)) : undefined;
  if (response === undefined) return () => {};
  const end = (): void => void response.removeListener('close', onClose);
  const onClose = (): void => {
    end();
    // It closes as well when everything was sent.
    if (!(response.writableFinished ?? response.writableEnded)) gone();
  };
  if (response.destroyed === true) onClose();
  else response.once('close', onClose);
  return end;
}

function rawResponse(response: unknown): RawResponse | undefined {
  const { raw = response } = (response ?? {}) as { raw?: unknown };
  const emitter = raw as Partial<RawResponse> | null | undefined;
  const known = typeof emitter?.once === 'function' && typeof emitter.writableEnded === 'boolean';
  return known ? (emitter as RawResponse) : undefined;
}
