import { createHash } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache-folder.js';
import { ServicesError, textOf } from './errors.js';
import { LOOPBACK } from './free-port.js';
import type { MariadbBinaries } from './mariadb-binaries.js';
import { LOG_SIZE } from './mariadb-settings.js';
import { writeOwned } from './owned-file.js';
import { run } from './run.js';
import type { ServerUser } from './server-user.js';

/** Password of `root` and `replication`; they may come from loopback only, which is where the servers are. */
export const ROOT_PASSWORD = 'root-secret';

const USERS = [
  // The program that makes the tables runs without rights; this loads them.
  'FLUSH PRIVILEGES;',
  `CREATE OR REPLACE USER root@'${LOOPBACK}' IDENTIFIED BY '${ROOT_PASSWORD}';`,
  `GRANT ALL PRIVILEGES ON *.* TO root@'${LOOPBACK}' WITH GRANT OPTION;`,
  `CREATE USER replication@'${LOOPBACK}' IDENTIFIED BY '${ROOT_PASSWORD}';`,
  `GRANT REPLICATION SLAVE ON *.* TO replication@'${LOOPBACK}';`,
  '',
].join('\n');

const ARGUMENTS = [
  '--auth-root-authentication-method=normal',
  '--skip-test-db',
  '--skip-name-resolve',
  `--innodb-log-file-size=${LOG_SIZE}`,
  '--innodb-flush-method=nosync',
  '--innodb-use-native-aio=OFF',
];

/**
 * The folder of a fresh, never started database, made by mariadb-install-db once per release, arguments and user. It has no
 * binary log: all that happens to a copy of it is in that copy's log, from the first statement on.
 * @throws ServicesError `SERVICES_START` when it cannot be made.
 */
export async function mariadbTemplate(
  binaries: MariadbBinaries,
  user: ServerUser | undefined,
): Promise<string> {
  const depends = JSON.stringify([binaries.version, process.arch, ARGUMENTS, USERS, user ?? null]);
  const key = createHash('sha256').update(depends).digest('hex').slice(0, 16);
  const content = await cached({
    name: `template-mariadb-${key}`,
    user,
    build: async (folder) => {
      const [program = '', ...words] = binaries.installDb;
      const users = join(folder, 'users.sql');
      try {
        await writeOwned(users, USERS, user);
        // The place for temporary files may be closed to the servers' user.
        const data = [`--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`, `--extra-file=${users}`];
        await run(program, [...words, ...ARGUMENTS, ...data], user);
      } catch (error) {
        const message = `A new MariaDB database could not be made: ${textOf(error)}`;
        throw new ServicesError('SERVICES_START', message, { cause: error });
      }
      await chmod(folder, 0o755);
    },
  });
  return join(content, 'data');
}
