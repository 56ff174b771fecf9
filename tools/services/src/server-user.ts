import { readFileSync } from 'node:fs';
import { ServicesError } from './errors.js';

/** The user that servers run as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Postgres and MariaDB refuse to run as root: when we are root it is `nobody`, else undefined (the servers run as we do).
 * @throws ServicesError `SERVICES_PLATFORM` on Windows, where servers cannot be frozen or run as another user.
 */
export function serverUser(): ServerUser | undefined {
  if (process.platform === 'win32' || process.getuid === undefined) {
    throw new ServicesError(
      'SERVICES_PLATFORM',
      'Servers can be started on Linux and macOS only; on Windows run this inside WSL.',
    );
  }
  if (process.getuid() !== 0) return undefined;
  return nobodyIn(passwd());
}

function passwd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}

/**
 * The entry of `nobody` in the text of `/etc/passwd`. macOS writes -2 there, hence the unsigned conversion.
 * @throws ServicesError `SERVICES_PLATFORM` without an entry: Postgres looks its user up and fails without one.
 */
export function nobodyIn(text: string): ServerUser {
  const match = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(text);
  if (match === null) {
    throw new ServicesError(
      'SERVICES_PLATFORM',
      'The servers refuse to run as root and there is no user "nobody" in /etc/passwd to run them as. ' +
        'Add that user, or run as an ordinary user.',
    );
  }
  return { uid: Number(match[1]) >>> 0, gid: Number(match[2]) >>> 0 };
}

/** The options of `spawn` for that user. */
export function asUser(user: ServerUser | undefined): { uid?: number; gid?: number } {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid };
}
