import {
  toSqlError,
  type BorrowedSession,
  type BorrowOptions,
  type Profile,
  type ReadVerdict,
  type SessionSource,
  type SqlNode,
  type StatementBook,
} from '@nest-pooling/sql';
import type { RouterParts } from './router-parts.js';
import { judge } from './verdict.js';

/** Whole sessions of a router's nodes, chosen as those for single statements are, and judged as those. */
export class RouterSessions implements SessionSource {
  readonly routes = true;

  constructor(
    private readonly book: StatementBook,
    private readonly parts: Pick<RouterParts, 'fleet' | 'reader' | 'writer' | 'reads'>,
  ) {}

  get nodes(): readonly SqlNode[] {
    return this.parts.fleet.nodes.map(({ sql }) => sql);
  }

  profile(text: string): Profile {
    return this.book.profile(text);
  }

  async borrow({ access, tried = [], ...options }: BorrowOptions): Promise<BorrowedSession> {
    const { fleet, reader, writer, reads } = this.parts;
    const from = async (node: SqlNode): Promise<BorrowedSession> => ({
      node,
      lease: await node.pool.acquire(options),
    });
    if (access === 'read') {
      return reader.borrow(
        from,
        fleet.nodes.filter(({ sql }) => tried.includes(sql)),
      );
    }
    // Nobody tells what is done there: until it comes back, it may have been written.
    const returned = reads.consistency.lent();
    try {
      return { ...(await writer.run((node) => from(node), options)), returned };
    } catch (error) {
      returned();
      throw error;
    }
  }

  failed({ node, lease }: BorrowedSession, error: unknown): ReadVerdict {
    const routed = this.parts.fleet.nodes.find(({ sql }) => sql === node);
    if (routed === undefined || !lease.active) return 'final';
    const means = toSqlError(node, lease.resource, error, false);
    return judge(routed, routed.breaker.tryEnter(), means);
  }
}
