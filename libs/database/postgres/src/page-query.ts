import type { RawResult, StatementReceiver } from '@nest-pooling/sql';
import type { Outbox } from './outbox.js';
import type { Wire } from './wire.js';
import { WireQuery, type PgStatement, type QueryOwner } from './wire-query.js';

/** What a portal is asked: to open and give its first page, to give the next one, to close. */
export type PortalStep = 'open' | 'next' | 'close';

/** A portal, and what it is asked. */
export interface PortalRequest {
  readonly name: string;
  /** Rows of a page. */
  readonly rows: number;
  readonly step: PortalStep;
}

/** One page of a portal. */
export class PageQuery extends WireQuery {
  /** There is more to fetch. */
  suspended = false;

  constructor(
    owner: QueryOwner,
    statement: PgStatement,
    receiver: StatementReceiver,
    private readonly portal: PortalRequest,
  ) {
    super(owner, statement, receiver);
  }

  override handlePortalSuspended(): void {
    this.suspended = true;
  }

  protected override write(outbox: Outbox): void {
    const { name, rows, step } = this.portal;
    if (step === 'open') {
      outbox.parse('', this.statement.text);
      outbox.bind(name, '', this.statement.values);
    }
    // Described with every page: each is a result of its own, and needs the columns.
    if (step === 'close') outbox.closePortal(name);
    else outbox.page(name, rows);
    outbox.sync();
  }
}

/** Opens, reads on or closes a portal. */
export async function askPortal(
  wire: Wire,
  statement: PgStatement,
  portal: PortalRequest,
): Promise<{ readonly rows: readonly unknown[]; readonly suspended: boolean }> {
  let query: PageQuery | undefined;
  const { rows } = await new Promise<RawResult>((answered, failed) => {
    query = new PageQuery(wire, statement, { answered, failed }, portal);
    wire.push(query);
  });
  return { rows, suspended: query!.suspended };
}
