import { join } from 'node:path';
import type { MariadbBinaries } from './mariadb-binaries.js';
import { MARIADB_FILE } from './mariadb-settings.js';
import type { ServerProgram } from './server-process.js';

/**
 * The MariaDB server as a program.
 * @param binaries What runs it.
 * @param dataDir Its data folder, with its option file in it.
 */
export function mariadbd(binaries: MariadbBinaries, dataDir: string): ServerProgram {
  return {
    words: [...binaries.server, `--defaults-file=${join(dataDir, MARIADB_FILE)}`],
    stopSignal: 'SIGTERM',
    clear: () => undefined,
    // It says so after it has bound its port; a connection could be to somebody else who has that port.
    ready: (_pid, logged) => logged().includes('ready for connections'),
  };
}
