import type { ServerIdentity } from '@nest-pooling/sql';

/** What is known of the cluster when a session is opened. */
export interface Known {
  /** Empty when it is not known. */
  readonly systemId: string;
  readonly timeline: number;
  /** Whether the node is the primary. */
  readonly isPrimary: boolean;
}

/** Why a new session with a server may not be used; `undefined` when it may. Servers that tell nothing are believed. */
export function refusalOf(identity: ServerIdentity, known: Known, writes: boolean): string | undefined {
  const { role, timeline, systemId } = identity;
  if (role === 'unknown') return undefined;
  if (systemId !== '' && known.systemId !== '' && systemId !== known.systemId) {
    return `it belongs to another cluster (${systemId}, not ${known.systemId})`;
  }
  if (!writes) {
    return role === 'primary' && !known.isPrimary ? 'it takes writes, but is not the primary' : undefined;
  }
  if (role === 'replica') return 'it is a replica';
  return timeline < known.timeline
    ? `it is on timeline ${timeline}, the newest is ${known.timeline}`
    : undefined;
}
