import type { Statement } from '../driver.js';
import type { ModelSession } from './model-session.js';

/** Reads page by page, in a transaction of its own unless one is open; nothing else may run on the session meanwhile. */
export async function* streamRows(
  session: ModelSession,
  statement: Statement,
  batch: number,
): AsyncGenerator<readonly unknown[], void, undefined> {
  if (session.inFlight > 0) throw new Error('a session in use cannot stream');
  const own = session.state === 'idle';
  let failed = false;
  let left = true;
  try {
    if (own) await session.execute({ text: 'begin' });
    const { rows } = await session.execute(statement);
    for (let at = 0; at < rows.length; at += batch) {
      if (at > 0) await session.execute({ text: 'fetch' });
      yield rows.slice(at, at + batch);
    }
    left = false;
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    if (own && session.state !== 'broken') {
      if (failed) await session.execute({ text: 'rollback' }).catch(() => session.destroy());
      else await session.commit();
    } else if (left && !failed && session.state !== 'broken') await session.execute({ text: 'close' });
  }
}
