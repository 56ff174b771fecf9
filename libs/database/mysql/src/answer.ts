import type { RawResult } from '@nest-pooling/sql';
import type { Answer } from './connection.js';
import { oddOf, showAll } from './odd-columns.js';
import { resultOf, statusOf } from './result.js';

/** What mysql2 tells the end of a statement to. `heard` is told the server's status. */
export function answerOf(
  verb: string,
  heard: (status: number) => void,
  resolve: (result: RawResult) => void,
  reject: (error: unknown) => void,
): Answer {
  return (error, result, columns) => {
    if (error) return reject(error);
    const status = statusOf(result);
    if (status !== undefined) heard(status);
    resolve(answered(result, columns, verb));
  };
}

/** What a statement has answered, with its columns' own names. */
export function answered(result: unknown, columns: unknown, verb: string): RawResult {
  const answer = resultOf(result, columns, verb);
  const odd = oddOf(answer.fields);
  if (odd !== undefined) showAll(answer.rows, odd);
  return answer;
}
