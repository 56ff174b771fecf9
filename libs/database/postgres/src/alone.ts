import type { RawResult, StatementReceiver } from '@nest-pooling/sql';
import { SessionBusyError } from './errors.js';
import type { Wire } from './wire.js';
import type { WireQuery } from './wire-query.js';

/**
 * Sends a query that has the connection for itself: what is said meanwhile belongs to it, and another statement in between would
 * end the connection. So nothing may be in flight, and what is submitted before it has ended is refused.
 *
 * @throws SessionBusyError `SQL_SESSION_BUSY` when statements are in flight
 */
export async function alone(
  wire: Wire,
  make: (receiver: StatementReceiver) => WireQuery,
): Promise<RawResult> {
  if (wire.running > 0) throw new SessionBusyError(wire.node, wire.running);
  try {
    return await new Promise((answered, failed) => {
      wire.push(make({ answered, failed }));
      wire.alone = true;
    });
  } finally {
    wire.alone = false;
  }
}
