import type { ServerIdentity } from './driver.js';
import type { NodeSession, SessionObserver } from './node-session.js';

/** What a node does when its sessions come and go. */
export interface SessionHooks {
  opened(): void;
  closed(entry: NodeSession): void;
  lost(entry: NodeSession): void;
  opening(): (identity: ServerIdentity) => string | undefined;
}

/** The sessions of a node that are open. */
export class OpenSessions implements SessionObserver {
  readonly entries = new Set<NodeSession>();

  constructor(private readonly hooks: SessionHooks) {}

  opened(entry: NodeSession): void {
    this.entries.add(entry);
    this.hooks.opened();
  }

  closed(entry: NodeSession): void {
    this.entries.delete(entry);
    this.hooks.closed(entry);
  }

  lost(entry: NodeSession): void {
    this.hooks.lost(entry);
  }

  opening(): (identity: ServerIdentity) => string | undefined {
    return this.hooks.opening();
  }

  /** Ends what runs now: the reads only, or everything. */
  end(readsOnly: boolean): void {
    for (const entry of this.entries) {
      if (readsOnly && entry.activity !== 'read') continue;
      entry.broken = true;
      entry.session.destroy();
    }
  }
}
