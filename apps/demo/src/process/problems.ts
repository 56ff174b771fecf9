/** A mistake of whoever started the demo: said in one sentence, without a stack. */
export class UsageError extends Error {}

/**
 * The port to listen on, from the environment: 3000 when there is nothing, 0 for any free one.
 *
 * @throws UsageError for what is no port.
 */
export function portIn(text: string | undefined): number {
  if (text === undefined || text === '') return 3_000;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(
    `PORT must be a number from 0 (any free port) to 65535 (got ${JSON.stringify(text)}).`,
  );
}

/** In which database the analytics are meant to be. */
export type AnalyticsChoice = 'mariadb' | 'sqlite';

/**
 * The database of the analytics, from the environment: MariaDB (where one can be started) when there is nothing.
 *
 * @throws UsageError for what is neither.
 */
export function analyticsIn(text: string | undefined): AnalyticsChoice {
  if (text === undefined || text === '') return 'mariadb';
  if (text === 'mariadb' || text === 'sqlite') return text;
  throw new UsageError(`DEMO_ANALYTICS must be mariadb or sqlite (got ${JSON.stringify(text)}).`);
}

/** What serves HTTP. */
export type PlatformChoice = 'express' | 'fastify';

/**
 * What is to serve HTTP, from the environment: Express when there is nothing.
 *
 * @throws UsageError for what is neither.
 */
export function platformIn(text: string | undefined): PlatformChoice {
  if (text === undefined || text === '') return 'express';
  if (text === 'express' || text === 'fastify') return text;
  throw new UsageError(`DEMO_PLATFORM must be express or fastify (got ${JSON.stringify(text)}).`);
}

/** What to say about an error that kept the demo from starting. */
export function startProblem(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  const { code, port } = error as { code?: unknown; port?: unknown };
  if (code === 'EADDRINUSE') {
    return `Port ${String(port)} is in use. Choose another one: PORT=3001 npm run demo, or PORT=0 for any free port.`;
  }
  if (code === 'EACCES') return `Port ${String(port)} is not allowed to this user. Choose one from 1024 on.`;
  return `The demo did not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
