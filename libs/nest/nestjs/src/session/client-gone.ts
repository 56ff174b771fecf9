import type { ExecutionContext } from '@nestjs/common';
import type { EventEmitter } from 'node:events';
import { sourceOf, type ClientSource } from './client-source.js';

/**
 * Calls `gone` once when the client of a call goes away before it has its answer; at once when it is gone already. Returns the function that
 * ends the watch. Without effect where the transport does not know, and for events of a microservice, which nobody waits for.
 */
export function whenClientGone(context: ExecutionContext, gone: () => void): () => void {
  const source = sourceOf(context);
  if (source === undefined) return () => {};
  const tell = (): void => {
    // A response closes as well when everything was sent.
    if (!source.answered()) gone();
  };
  if (source.closed()) {
    tell();
    return () => {};
  }
  return watchOver(source).add(tell);
}

const watches = new WeakMap<EventEmitter, Watch>();

function watchOver(source: ClientSource): Watch {
  let watch = watches.get(source.emitter);
  if (watch === undefined) watches.set(source.emitter, (watch = new Watch(source)));
  return watch;
}

/** One listener for all calls of a connection: a WebSocket carries many at a time, and Node warns of the eleventh listener. */
class Watch {
  readonly #source: ClientSource;
  readonly #waiting = new Set<() => void>();

  constructor(source: ClientSource) {
    this.#source = source;
    source.emitter.once(source.event, this.#closed);
  }

  add(tell: () => void): () => void {
    this.#waiting.add(tell);
    return () => {
      if (this.#waiting.delete(tell) && this.#waiting.size === 0) this.#end();
    };
  }

  readonly #closed = (): void => {
    this.#end();
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const tell of all) tell();
  };

  #end(): void {
    const { emitter, event } = this.#source;
    emitter.removeListener(event, this.#closed);
    watches.delete(emitter);
  }
}
