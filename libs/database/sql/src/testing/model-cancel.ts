import type { SessionContext } from './model-messages.js';
import { ModelError } from './model-error.js';

/** A server that cannot be told within this time is given up. */
const LIMIT_MS = 2_000;

/** Tells the server, by a connection of its own, to end what runs; settles when that connection is closed again. */
export function cancelOf(context: SessionContext, hit: () => void): Promise<void> {
  const { server, clock, options, network, client } = context;
  const unreachable = (): ModelError => new ModelError('unreachable', 'the server could not be told');
  const fate = options.fates?.cancel?.(server);
  if (server.state === 'down' || fate?.fails) return Promise.reject(unreachable());
  const { wayMs, latencyMs } = server;
  return new Promise((resolve, reject) => {
    const told = (): void => {
      if (network.isCut(client, server))
        clock.after(LIMIT_MS, () => clock.arrives(() => reject(unreachable())));
      else if (server.state === 'down') clock.arrives(() => reject(unreachable()));
      else if (server.state === 'frozen') {
        // The request lies in a socket of the server, which reads it when it can, whoever has given up.
        waiting(server).push(hit);
        clock.after(LIMIT_MS, () => clock.arrives(() => reject(unreachable())));
      } else {
        server.cancels++;
        const lagMs = fate?.lagMs ?? server.cancelLagMs;
        if (lagMs === 0 && !fate?.misses) hit();
        else if (!fate?.misses) clock.after(lagMs, hit);
        clock.after(wayMs, () => clock.arrives(resolve));
      }
    };
    // There, back, and there again: the request comes after the handshake. Then a process of the server's own takes it.
    clock.after(3 * wayMs + latencyMs, told);
  });
}

const cancels = new WeakMap<object, (() => void)[]>();

function waiting(server: object): (() => void)[] {
  const hits = cancels.get(server) ?? [];
  cancels.set(server, hits);
  return hits;
}

/** The server works again, and reads what has come meanwhile. */
export function hitLate(server: object): void {
  for (const hit of waiting(server).splice(0)) hit();
}
