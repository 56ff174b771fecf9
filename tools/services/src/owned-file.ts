import { chown, writeFile } from 'node:fs/promises';
import type { ServerUser } from './server-user.js';

/** Writes a small file that belongs to the servers' user. */
export async function writeOwned(file: string, text: string, user: ServerUser | undefined): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  if (user !== undefined) await chown(file, user.uid, user.gid);
}
