import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { ServicesError, textOf } from './errors.js';
import { serverEnv } from './run.js';

/**
 * Waits at a pipe from us. A line `release` ends it; the end of the pipe means that we are dead, however that came about:
 * then it kills every server process of the cluster, stopped ones too, and removes the folder. It is a shell with no more
 * than its builtins while it waits, for it has to cost nothing and to work when the checkout or the memory is gone.
 * `read` skips the NUL bytes between the arguments in /proc/<pid>/cmdline. No argument of its own may name the folder,
 * or it would find itself.
 */
const SCRIPT = `
while IFS= read -r line; do [ "$line" = release ] && exit 0; done
case "$SERVICES_FOLDER" in /*/nest-pooling-pg-*) ;; *) exit 1 ;; esac
kill_if_ours() {
  case "$2" in
    "postgres: $SERVICES_NAME/"*|*postgres*-D*"$SERVICES_FOLDER/"*|*pgbouncer*"$SERVICES_FOLDER/"*|*--defaults-file="$SERVICES_FOLDER/"*) kill -9 "$1" 2>/dev/null && found=1 ;;
  esac
}
round=0
while [ $round -lt 100 ]; do
  found=0
  if [ -r /proc/self/cmdline ]; then
    for folder in /proc/[0-9]*; do
      command=
      { IFS= read -r command < "$folder/cmdline"; } 2>/dev/null
      [ -n "$command" ] && kill_if_ours "\${folder#/proc/}" "$command"
    done
  else
    ps -axww -o pid=,command= > "$SERVICES_FOLDER/processes"
    while read -r pid command; do kill_if_ours "$pid" "$command"; done < "$SERVICES_FOLDER/processes"
  fi
  [ $found = 0 ] && break
  sleep 0.05 2>/dev/null || sleep 1
  round=$((round + 1))
done
for file in "$SERVICES_FOLDER"/*/postmaster.pid; do
  id=$(sed -n '7s/^ *[0-9][0-9]*  *//p' "$file" 2>/dev/null)
  [ -n "$id" ] && ipcrm -m "$id" 2>/dev/null
done
rm -rf "$SERVICES_FOLDER" || { sleep 1; rm -rf "$SERVICES_FOLDER"; }
`;

/** The small process that ends a cluster when this one dies without doing so. */
export class Watchdog {
  private constructor(private readonly child: ChildProcess) {
    // Neither it nor its pipe keep this process alive: that it ends is what the watchdog waits for.
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    child.stdin?.on('error', () => undefined);
  }

  /**
   * Starts the watchdog of a data folder; call it before the first server is started.
   * @throws ServicesError `SERVICES_PLATFORM` when there is no shell.
   */
  static async start(folder: string): Promise<Watchdog> {
    const child = spawn('/bin/sh', ['-c', SCRIPT], {
      cwd: '/',
      // A session of its own: Ctrl-C in our terminal must not reach it.
      detached: true,
      env: { ...serverEnv(), SERVICES_FOLDER: folder, SERVICES_NAME: basename(folder) },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw new ServicesError('SERVICES_PLATFORM', `The watchdog could not be started: ${textOf(error)}`, {
        cause: error,
      });
    }
    return new Watchdog(child);
  }

  /** Process id, for diagnosis. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Ends it; the folder stays. Resolves when the process is gone. */
  async release(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.ref();
    this.child.stdin?.end('release\n');
    await gone;
  }
}
