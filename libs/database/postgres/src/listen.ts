import { OptionsError, Problems } from '@nest-pooling/core';
import { writeNodeOf, type SqlConnection, SqlPool } from '@nest-pooling/sql';
import { PostgresDriver } from './driver.js';
import { checkName } from './identifiers.js';
import { ListenFailedError, type ListenHandlerError } from './listen-errors.js';
import { Listener, type Notification, type Reconnected } from './listener.js';
import { ListenerHub } from './listener-hub.js';
import type { PostgresTarget } from './target-options.js';

/** Options of {@link listen}. */
export interface ListenOptions {
  /** Called when the connection was lost and is there again: notifications may have been missed, so look at the data. */
  readonly onReconnect?: (reconnected: Reconnected) => unknown;
  /** Hears of handlers that throw or reject. Default: a warning of the process. */
  readonly onError?: (error: ListenHandlerError) => void;
  /** How long the first connection is tried for, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Ends the subscription when it aborts, also while it is waited for. */
  readonly signal?: AbortSignal;
}

/** What {@link listen} gives. */
export interface Subscription extends AsyncDisposable {
  /** The channel. */
  readonly channel: string;
  /** Whether notifications are heard at the moment; while not, the pool goes on trying. */
  readonly connected: boolean;
  /** Ends it: no handler is called any more. May be called again. */
  unlisten(): Promise<void>;
}

/** A server takes payloads shorter than this, in bytes. */
const PAYLOAD_BYTES = 8_000;
const LISTEN_TIMEOUT_MS = 10_000;
const KNOWN = ['onReconnect', 'onError', 'timeoutMs', 'signal'];

const hubs = new WeakMap<SqlPool, ListenerHub>();

/**
 * Listens to a channel: `handler` is called with each notification that is committed from then on, without waiting for the one
 * before. All subscriptions of a pool share one session, which is no part of the pool's sizes and takes a permit of its budget where it
 * has one. A lost connection is opened again, after a pause that grows, and `onReconnect` is told. On a router it is the
 * primary that is listened to. It ends with the pool.
 *
 * Notifications are hints, not a queue: what is told while nobody is connected is heard by nobody.
 *
 * ```ts
 * const subscription = await listen(orders, 'order_placed', ({ payload }) => cache.forget(payload), { onReconnect: () => cache.clear() });
 * ```
 *
 * @throws ListenFailedError `SQL_LISTEN_FAILED` when the server could not be told within `timeoutMs`; the cause is the last failure
 * @throws OptionsError for a wrong name or option, and for pools that are not of Postgres
 */
export async function listen(
  pool: SqlPool,
  channel: string,
  handler: (notification: Notification) => unknown,
  options: ListenOptions = {},
): Promise<Subscription> {
  const hub = hubOf(pool, channel, handler, options);
  const { onReconnect, onError, signal, timeoutMs = LISTEN_TIMEOUT_MS } = options;
  const { scheduler } = writeNodeOf(pool).env;
  const listener = new Listener(pool.name, channel, {
    onNotification: handler,
    ...(onReconnect && { onReconnect }),
    ...(onError && { onError }),
  });
  const fail = (fact: string, category: 'timeout' | 'cancelled', cause: unknown): void =>
    listener.refuse(new ListenFailedError(pool.name, channel, fact, category, cause));
  const end = (): void => {
    signal?.removeEventListener('abort', onAbort);
    hub.remove(listener);
  };
  const onAbort = (): void => {
    fail('the signal of the caller has aborted.', 'cancelled', signal?.reason);
    end();
  };
  const timer = scheduler.after(timeoutMs, () =>
    scheduler.afterIo(() =>
      fail(`the server could not be told within ${timeoutMs} ms. See the cause.`, 'timeout', hub.failure),
    ),
  );
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  else hub.add(listener);
  try {
    await listener.ready;
  } catch (error) {
    end();
    throw error;
  } finally {
    timer.cancel();
  }
  const unlisten = async (): Promise<void> => end();
  return {
    channel,
    get connected() {
      return hub.hears(channel);
    },
    unlisten,
    [Symbol.asyncDispose]: unlisten,
  };
}

/**
 * Tells all who listen to a channel, when the transaction around it commits. Equal notifications of one transaction are told once.
 *
 * @throws OptionsError for a wrong name, and for a payload of 8,000 bytes and more: store it, and tell its key
 * @throws SqlError as a query
 */
export async function notify(target: SqlPool | SqlConnection, channel: string, payload = ''): Promise<void> {
  const problems = new Problems();
  checkName(problems, 'channel', channel);
  problems.type('payload', payload, 'string');
  const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : 0;
  if (bytes >= PAYLOAD_BYTES) {
    const fact = `must be shorter than ${PAYLOAD_BYTES} bytes (it has ${bytes}): store it in a table, and tell its key`;
    problems.add('payload', fact);
  }
  problems.throwIfAny('notify');
  await target.query('SELECT pg_notify($1, $2)', [channel, payload], { access: 'write' });
}

function hubOf(pool: SqlPool, channel: unknown, handler: unknown, options: ListenOptions): ListenerHub {
  const problems = new Problems();
  checkName(problems, 'channel', channel);
  if (typeof handler !== 'function') problems.add('handler', 'must be a function', typeof handler);
  problems.unknown('', options, KNOWN);
  problems.type('onReconnect', options.onReconnect, 'function');
  problems.type('onError', options.onError, 'function');
  problems.duration('timeoutMs', options.timeoutMs, { min: 1 });
  problems.type('signal', options.signal, 'object');
  problems.throwIfAny('listen');
  const { driver, options: node } = writeNodeOf(pool);
  if (!(driver instanceof PostgresDriver))
    throw new OptionsError('listen', ['pool: must be one of Postgres']);
  if ((node.target as Partial<PostgresTarget>).proxy === 'transaction') {
    throw new OptionsError('listen', [
      'pool: stands behind a pooler that gives each transaction another server, where nobody can listen; ' +
        'use a pool with a direct url for it',
    ]);
  }
  let hub = hubs.get(pool);
  if (hub === undefined) hubs.set(pool, (hub = new ListenerHub(pool)));
  return hub;
}
