import type { ModelClock } from './model-clock.js';
import { ModelError } from './model-error.js';
import type { ConnectFate } from './model-options.js';
import type { ModelServer } from './model-server.js';

const MESSAGES: Record<Exclude<ConnectFate, 'works' | 'hangs'>, string> = {
  refused: 'connection refused',
  overload: 'too many connections',
  auth: 'authentication failed',
  lost: 'the connection was reset',
};

/** Settles when the server has accepted a connection, or has not. Nothing is left behind when `signal` gives up. */
export function connected(
  server: ModelServer,
  clock: ModelClock,
  fate: ConnectFate,
  signal: AbortSignal,
  isCut: () => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (error?: ModelError): void => {
      timer?.cancel();
      signal.removeEventListener('abort', giveUp);
      if (error === undefined) resolve();
      else reject(error);
    };
    const giveUp = (): void => over(new ModelError('lost', 'connecting was given up'));
    const answer = (): void => {
      // Nobody hears the answer.
      if (isCut()) return;
      if (server.state === 'down') over(new ModelError('refused', MESSAGES.refused));
      else if (fate === 'works') over();
      else if (fate !== 'hangs') over(new ModelError(fate, MESSAGES[fate]));
    };
    const { state, latencyMs, wayMs } = server;
    // Frozen: nobody answers until the caller gives up.
    const timer =
      state === 'up' && !isCut()
        ? clock.after(latencyMs + 2 * wayMs, () => clock.arrives(answer))
        : undefined;
    signal.addEventListener('abort', giveUp, { once: true });
    if (state === 'down') answer();
  });
}
