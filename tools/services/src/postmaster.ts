import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from './errors.js';
import type { ServerProgram } from './server-process.js';

/**
 * The Postgres server as a program.
 * @param postgres Path of its binary.
 * @param dataDir Its data folder.
 */
export function postmaster(postgres: string, dataDir: string): ServerProgram {
  const pidFile = join(dataDir, 'postmaster.pid');
  return {
    words: [postgres, '-D', dataDir],
    stopSignal: 'SIGINT',
    // Its pid may belong to somebody else by now, which would look like a running server.
    clear: () => rmSync(pidFile, { force: true }),
    // The eighth line of the pid file tells how far the server is.
    ready: (pid) => {
      try {
        const lines = readFileSync(pidFile, 'utf8').split('\n');
        return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return false;
        throw error;
      }
    },
  };
}
