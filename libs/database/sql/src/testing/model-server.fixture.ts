import { VirtualEnv } from '@nest-pooling/core/testing';
import { ModelCluster, type ModelOptions, type ModelSession } from './index.js';

/** A server with some sessions, each message 2 ms on its way, each statement 1 ms. */
export async function server(options: ModelOptions = {}, count = 2) {
  const env = new VirtualEnv(5);
  const cluster = new ModelCluster(env, { pipeline: true, ...options });
  const target = cluster.add('s', 'primary');
  const connecting = Array.from({ length: count }, () =>
    cluster.connect(target, 'write', env, new AbortController().signal),
  );
  const sessions = await env.until(Promise.all(connecting));
  cluster.server('s').wayMs = 2;
  const log: string[] = [];
  const ask = (session: ModelSession, text: string, name?: string): void => {
    const began = env.scheduler.now();
    const note = (how: string): void => {
      log.push(`${text}: ${how} @${env.scheduler.now() - began}`);
    };
    session.submit(
      { text, ...(name !== undefined && { name }) },
      {
        answered: ({ rows }) => note(rows.length > 0 ? String((rows[0] as { value: unknown }).value) : 'ok'),
        failed: (error) => note((error as { code: string }).code),
      },
    );
  };
  /** What was answered since the last time, within so long. */
  const after = async (ms: number): Promise<string[]> => {
    await env.advance(ms);
    return log.splice(0);
  };
  return { env, cluster, model: cluster.server('s'), a: sessions[0]!, b: sessions[1]!, ask, after };
}
