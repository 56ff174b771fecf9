import type { Field, Lane } from './driver.js';

/** A row as an object, when the caller names no type. */
export type SqlRow = Record<string, unknown>;

/** The answer to a statement. */
export interface SqlResult<Row = SqlRow> {
  /** The rows; empty for statements that return none. */
  readonly rows: readonly Row[];
  /** Rows returned or changed; `null` for statements that have no such number. */
  readonly rowCount: number | null;
  /** What the server says it did: `SELECT`, `INSERT`, … */
  readonly command: string;
  /** The columns, also of a result without rows. A driver may tell more about them than their names. */
  readonly fields: readonly Field[];
  /** What an `AUTO_INCREMENT` column gave the first inserted row (MySQL, MariaDB); a text where no number can hold it. */
  readonly insertId?: number | string;
  /** The id of the node that answered, for instance `orders.replica-1`. */
  readonly node: string;
  /** The lane whose session answered. */
  readonly lane: Lane;
}
