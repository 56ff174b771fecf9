import type { Column, RowReceiver, Rows } from './connection.js';
import { hideOdd, oddOf, showColumns, showInRow } from './odd-columns.js';
import { isHeader } from './result.js';

/** Tells a receiver what comes piece by piece, and settles when nothing more comes. `heard` is told the server's status. */
export function eachRow(
  start: () => Rows,
  receiver: RowReceiver,
  heard: (status: number) => void,
): (resolve: () => void, reject: (error: unknown) => void) => void {
  return (resolve, reject) => {
    let failed = false;
    let odd: readonly Column[] | undefined;
    start()
      .on('fields', (columns) => {
        hideOdd(columns);
        odd = columns && oddOf(columns);
        if (columns !== undefined) receiver.columns?.(columns);
      })
      .on('result', (result) => {
        if (!isHeader(result)) {
          if (odd !== undefined) showInRow(result, odd);
          return receiver.row(result);
        }
        heard(result.serverStatus);
        receiver.header?.(result);
      })
      .on('error', (error) => {
        failed = true;
        reject(error);
      })
      .on('end', () => {
        if (odd !== undefined) showColumns(odd);
        if (!failed) resolve();
      });
  };
}
