import { ServicesError } from './errors.js';
import type { SettingValue } from './settings.js';

/** What every cluster may be told, whatever its database. */
export interface CommonClusterOptions {
  /** Number of replicas, 0 to 16; default 2. */
  readonly replicas?: number;
  /** Port of the primary; `replica-n` gets this plus n. Default: free ports, outside the kernel's ephemeral range. */
  readonly port?: number;
  /** `max_connections` of every node, at least 10. */
  readonly maxConnections?: number;
  /** More settings of the server, for every node; they win over ours. */
  readonly settings?: Readonly<Record<string, SettingValue>>;
  /** How long a server may take to start, and a replica to stream, in milliseconds; default 30000. */
  readonly startTimeoutMs?: number;
  /** How long a server may take to stop before it is killed, in milliseconds; default 5000. */
  readonly stopTimeoutMs?: number;
}

/** {@link CommonClusterOptions} with defaults filled in. */
export type ResolvedCommonOptions = Required<Omit<CommonClusterOptions, 'port'>> & {
  readonly port: number | undefined;
};

/** The default values of what is common; `maxConnections` differs. */
export function commonDefaults(options: CommonClusterOptions, maxConnections: number): ResolvedCommonOptions {
  return {
    replicas: options.replicas ?? 2,
    port: options.port,
    maxConnections: options.maxConnections ?? maxConnections,
    settings: options.settings ?? {},
    startTimeoutMs: options.startTimeoutMs ?? 30_000,
    stopTimeoutMs: options.stopTimeoutMs ?? 5_000,
  };
}

/**
 * Problems of what is common, and of options that there are not.
 * @param options As the caller gave them.
 * @param resolved All options with defaults filled in.
 * @param reserved Settings that the cluster depends on.
 */
export function commonProblems(
  options: object,
  resolved: ResolvedCommonOptions,
  reserved: readonly string[],
): string[] {
  const problems: string[] = [];
  const whole = (
    path: 'replicas' | 'maxConnections' | 'startTimeoutMs' | 'stopTimeoutMs',
    low: number,
    high: number,
  ) => {
    const value = resolved[path];
    if (!Number.isInteger(value) || value < low || value > high) {
      problems.push(`${path}: must be a whole number from ${low} to ${high} (got ${String(value)})`);
    }
  };
  whole('replicas', 0, 16);
  whole('maxConnections', 10, 10_000);
  whole('startTimeoutMs', 1, 2_147_483_647);
  whole('stopTimeoutMs', 0, 2_147_483_647);
  const { port } = resolved;
  // Wrong replicas have their own line.
  const highest = 65_535 - Math.max(0, Math.trunc(resolved.replicas) || 0);
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > highest)) {
    problems.push(`port: must be a whole number from 1 to ${highest} (got ${String(port)})`);
  }
  problems.push(...settingProblems(resolved.settings, reserved));
  for (const key of Object.keys(options)) {
    if (!(key in resolved)) problems.push(`${key}: is not an option`);
  }
  return problems;
}

function settingProblems(
  settings: Readonly<Record<string, SettingValue>>,
  reserved: readonly string[],
): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const path = `settings.${name}`;
    if (!/^[a-z_][a-z0-9_.]*$/i.test(name)) return [`${path}: is not a name of a setting`];
    if (reserved.includes(name.toLowerCase())) return [`${path}: belongs to the cluster and cannot be set`];
    if (typeof value === 'string' ? /[\r\n\0]/.test(value) : !['number', 'boolean'].includes(typeof value)) {
      return [`${path}: must be a number, a boolean or a text of one line (got ${JSON.stringify(value)})`];
    }
    return [];
  });
}

/** Throws `SERVICES_OPTIONS` with all problems when there are any. */
export function refuse(what: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new ServicesError('SERVICES_OPTIONS', `Wrong options for ${what}:\n  ${problems.join('\n  ')}`);
}
