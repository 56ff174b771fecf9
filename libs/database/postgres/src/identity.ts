import type { Role, ServerIdentity } from '@nest-pooling/sql';
import { identityStatement, type IdentityRow } from './statements.js';

/** What a server says of replication: in recovery it is a replica. */
export function roleOf({ replica }: { readonly replica: boolean }): Role {
  return replica ? 'replica' : 'primary';
}

/** The identity in a row of `identityStatement` or `probeStatement`. */
export function identityOf(row: IdentityRow): ServerIdentity {
  return {
    systemId: row.system_id ?? '',
    timeline: row.timeline ?? 0,
    role: roleOf(row),
    version: row.version,
  };
}

/**
 * Reads who answers; `full` tells whether the functions may be called that tell its history. Behind a proxy they are not:
 * another server may answer next time, and what is known of this one is nothing to compare with. `before` is a statement that
 * goes with it ('' for none).
 */
export async function readIdentity(
  ask: (text: string) => Promise<IdentityRow>,
  before: string,
  full: boolean,
  broken: () => boolean,
): Promise<{ readonly identity: ServerIdentity; readonly full: boolean }> {
  const prefix = before === '' ? '' : `${before}; `;
  try {
    return { identity: identityOf(await ask(prefix + identityStatement(full))), full };
  } catch (error) {
    // A user who may not call the control functions, or a service that lacks them: the role is known nevertheless.
    if (broken() || !full) throw error;
    return { identity: identityOf(await ask(prefix + identityStatement(false))), full: false };
  }
}
