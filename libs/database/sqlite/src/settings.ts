import type { Problems } from '@nest-pooling/core';
import type { Lane } from '@nest-pooling/sql';

/** Pragmas by name. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

const NAME = /^[a-z_]+$/i;
/** What the pool itself relies on. */
const OURS: Readonly<Record<string, string>> = {
  busy_timeout: 'is the pool’s own; say session.lockTimeoutMs',
  query_only: 'is the pool’s own: its readers refuse writes',
  journal_mode:
    'is the pool’s own: a file is in WAL mode, so that readers and the writer do not wait for each other',
  locking_mode: 'is the pool’s own: it needs several connections',
};
/**
 * How long SQLite itself waits for a lock before it says "busy". It blocks the event loop meanwhile, so that it is only there for
 * the moments in which another connection writes a commit; whoever holds a lock for longer is waited for without blocking.
 */
export const NATIVE_BUSY_TIMEOUT_MS = 5;

/** Collects what is wrong with pragmas that the application has given. */
export function checkSettings(problems: Problems, path: string, settings: object): void {
  for (const [name, value] of Object.entries(settings)) {
    const at = `${path}.${name}`;
    const ours = Object.hasOwn(OURS, name.toLowerCase()) ? OURS[name.toLowerCase()] : undefined;
    if (!NAME.test(name)) problems.add(at, 'is no name of a pragma');
    else if (ours !== undefined) problems.add(at, ours);
    else if (
      typeof value === 'number' ? !Number.isFinite(value) : !['string', 'boolean'].includes(typeof value)
    ) {
      problems.add(at, 'must be a text, a number or a boolean', typeof value);
    } else if (typeof value === 'string' && value.includes('\0'))
      problems.add(at, 'contains a NUL character');
  }
}

/** The statements that make a connection what its lane needs, and the application wants. */
export function settingStatements(lane: Lane, settings: Settings): readonly string[] {
  const all: Settings = { foreign_keys: true, ...settings };
  const texts = Object.entries(all).map(([name, value]) => `PRAGMA ${name} = ${literal(value)}`);
  return lane === 'write' ? texts : [...texts, 'PRAGMA query_only = ON'];
}

function literal(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'ON' : 'OFF';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
