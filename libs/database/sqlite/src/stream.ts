import { Problems } from '@nest-pooling/core';
import type { RawResult, Statement } from '@nest-pooling/sql';
import type { Courtesy } from './courtesy.js';
import type { Bindable, Cursor } from './database.js';
import { makerOf, type PreparedStatement } from './statements.js';

/** What a stream is made from. */
export interface StreamParts {
  readonly statement: Statement;
  readonly batch: number;
  readonly courtesy: Courtesy;
  /** Runs the statement to its end. */
  readonly execute: () => Promise<RawResult>;
  /** Prepares the statement. */
  readonly open: () => { readonly prepared: PreparedStatement; readonly values: readonly Bindable[] };
  /** Keeps what is being read, and answers what ends it. */
  readonly hold: (cursor: Cursor) => () => void;
  /** Throws when the session has ended, and with it the cursor. */
  readonly usable: () => void;
}

/** Gives the rows of a statement in pages; what only reads is read as far as its reader goes. */
export async function* streamRows(parts: StreamParts): AsyncGenerator<readonly unknown[], void, undefined> {
  const { batch, courtesy, statement } = parts;
  const problems = new Problems();
  problems.number('batch', batch, { min: 1, max: 2_147_483_647, integer: true });
  problems.throwIfAny('stream');
  await courtesy.due();
  const { prepared, values } = parts.open();
  if (!prepared.reads || prepared.kind !== 'rows') {
    const { rows } = await parts.execute();
    for (let at = 0; at < rows.length; at += batch) yield rows.slice(at, at + batch);
    return;
  }
  const cursor = prepared.prepared!.iterate(values);
  const end = parts.hold(cursor);
  try {
    for (;;) {
      parts.usable();
      const page = readPage(cursor, batch);
      if (page.length === 0) break;
      yield makerOf(prepared, page[0]!).rows(page, statement.rowMode);
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await courtesy.due();
    }
  } finally {
    end();
  }
}

function readPage(cursor: Cursor, batch: number): readonly (readonly unknown[])[] {
  const page: (readonly unknown[])[] = [];
  while (page.length < batch) {
    const row = cursor.next();
    if (row === undefined) break;
    page.push(row);
  }
  return page;
}
