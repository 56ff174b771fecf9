import { createHash } from 'node:crypto';
import { appendFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresBinaries } from './binaries.js';
import { cached } from './cache-folder.js';
import { ServicesError, codeOf, textOf } from './errors.js';
import { run } from './run.js';
import type { ServerUser } from './server-user.js';
import { SETTINGS_FILE } from './settings.js';

const ARGUMENTS = '-U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions --wal-segsize=1'.split(
  ' ',
);

const INCLUDE = `\ninclude '${SETTINGS_FILE}'\n`;

/**
 * The folder of a fresh, never started database, made by initdb once per release, arguments and user. Nodes begin as
 * copies of it; as they all have the same system identifier a copy can be a standby of another copy.
 * @throws ServicesError `SERVICES_START` when initdb fails.
 */
export async function databaseTemplate(
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
): Promise<string> {
  const depends = JSON.stringify([binaries.version, process.arch, ARGUMENTS, INCLUDE, user ?? null]);
  const key = createHash('sha256').update(depends).digest('hex').slice(0, 16);
  const content = await cached({
    name: `template-${key}`,
    user,
    build: async (folder) => {
      try {
        await run(binaries.initdb, ['-D', join(folder, 'data'), ...ARGUMENTS], user);
      } catch (error) {
        const hint =
          codeOf(error) === 'SERVICES_COMMAND' &&
          textOf(error).includes('could not look up effective user ID')
            ? ' Postgres needs its user to be listed in /etc/passwd.'
            : '';
        throw new ServicesError(
          'SERVICES_START',
          `A new database could not be made.${hint} ${textOf(error)}`,
          {
            cause: error,
          },
        );
      }
      await appendFile(join(folder, 'data', 'postgresql.conf'), INCLUDE);
      await chmod(folder, 0o755);
    },
  });
  return join(content, 'data');
}

/**
 * Makes `target` a copy of the template; run as the servers' user, so that everything in it is theirs.
 * @throws ServicesError `SERVICES_COMMAND`, for example when the disk is full.
 */
export async function copyTemplate(
  template: string,
  target: string,
  user: ServerUser | undefined,
): Promise<void> {
  await run('cp', ['-Rp', template, target], user);
}
