import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { codeOf } from './errors.js';

/** One process of this machine. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** First letter of the state: R running, S sleeping, T stopped, Z zombie. */
  readonly state: string;
  /** Arguments joined by blanks; empty for zombies and threads of the kernel. */
  readonly command: string;
}

const onLinux = process.platform === 'linux';

/**
 * All processes. On Linux from `/proc`, reading only `stat` and `cmdline`: these are world-readable, while `cwd` and
 * `environ` of another user's process are refused even to root in a container without CAP_SYS_PTRACE. Elsewhere from `ps`.
 */
export function listProcesses(): ProcessEntry[] {
  return onLinux ? fromProc() : fromPs();
}

function fromProc(): ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = statFields(readFileSync(`/proc/${name}/stat`, 'utf8'));
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trimEnd();
      entries.push({ pid: Number(name), state: stat[0] ?? '?', parent: Number(stat[1]), command });
    } catch {
      // It ended between readdir and read.
    }
  }
  return entries;
}

/** Fields of `/proc/<pid>/stat` after the name, which is in parentheses and may itself hold blanks and parentheses. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function fromPs(): ProcessEntry[] {
  const output = execFileSync('ps', ['-axww', '-o', 'pid=,ppid=,state=,command='], { encoding: 'utf8' });
  return output.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S)\S*\s+(.*)$/.exec(line);
    if (match === null) return [];
    const [, pid, parent, state = '?', command = ''] = match;
    return [{ pid: Number(pid), parent: Number(parent), state, command: state === 'Z' ? '' : command }];
  });
}

/**
 * A text of digits that tells this life of a process id from a later one (pids are used again), or undefined when
 * no such process runs.
 */
export function processStart(pid: number): string | undefined {
  try {
    if (onLinux) {
      const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    const began = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return began === '' ? undefined : String(Date.parse(began));
  } catch {
    return undefined;
  }
}

/** Sends a signal; false when the process is gone already. Other failures (EPERM) are thrown. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
    throw error;
  }
}
