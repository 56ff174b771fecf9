import { getContext } from '@nest-pooling/core';
import { routeKey } from '@nest-pooling/sql';

interface Asked {
  readonly access?: 'read' | 'write';
}

/** Where a statement goes: as the call says, else the scope, else as it was classified. A scope never makes a read of a write. */
export function accessOf(lane: 'read' | 'write', asked: Asked | undefined): 'read' | 'write' {
  if (asked?.access !== undefined) return asked.access;
  return getContext(routeKey)?.access === 'write' ? 'write' : lane;
}

/** Where a session or a transaction is had, if somebody says it. */
export function scopedAccess(asked: Asked | undefined): 'read' | 'write' | undefined {
  return asked?.access ?? getContext(routeKey)?.access;
}
