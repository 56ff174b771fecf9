import { spawn, spawnSync } from 'node:child_process';
import { ServicesError, textOf } from './errors.js';
import { type ServerUser, asUser } from './server-user.js';

let prefix: readonly string[] | undefined;

/**
 * Words to put in front of a command so that it dies with us: `setpriv --pdeathsig KILL --` where that exists (Linux),
 * else none. It must come after the change of user, which clears the setting; `spawn` changes the user before it runs
 * setpriv. The setting belongs to the thread that spawns, which for us is the main thread. It is the first line only:
 * it reaches neither the children of a killed server nor other systems; the watchdog does.
 */
export function dieWithParent(): readonly string[] {
  if (prefix === undefined) {
    const words = ['setpriv', '--pdeathsig', 'KILL', '--'];
    const probe =
      process.platform === 'linux'
        ? spawnSync('setpriv', [...words.slice(1), 'true'], { stdio: 'ignore' })
        : undefined;
    prefix = probe?.status === 0 ? words : [];
  }
  return prefix;
}

/** A surrounding for the servers that does not depend on the caller's: no PG* variables, messages in English. */
export function serverEnv(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };
  for (const name of ['PATH', 'TMPDIR', 'HOME'] as const) {
    if (process.env[name] !== undefined) env[name] = process.env[name];
  }
  return env;
}

/**
 * Runs a helper program to its end and resolves with what it wrote to stdout.
 * @throws ServicesError `SERVICES_COMMAND` with the tail of its output when it cannot be run or fails.
 */
export function run(program: string, args: readonly string[], user?: ServerUser): Promise<string> {
  return new Promise((resolve, reject) => {
    const [first = program, ...rest] = [...dieWithParent(), program, ...args];
    const child = spawn(first, rest, {
      // A working folder that every user may enter; ours may be closed to the servers' user.
      cwd: '/',
      env: serverEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...asUser(user),
    });
    let out = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (all += text));
    const fail = (fact: string, cause?: unknown) => {
      const said = all.trim().slice(-2000);
      reject(
        new ServicesError('SERVICES_COMMAND', `${program} ${fact}${said ? `. It wrote:\n${said}` : ''}`, {
          cause,
        }),
      );
    };
    child.once('error', (error) => fail(`could not be run: ${textOf(error)}`, error));
    child.once('close', (code, by) =>
      code === 0 ? resolve(out) : fail(`ended with ${by ?? `code ${code}`}`),
    );
  });
}
