import { beginsWithCopy, refuseCopy } from './copy-text.js';
import { StatementTextError } from './errors.js';

/**
 * Refuses what must not go on the wire as a statement.
 *
 * @throws StatementTextError `SQL_TEXT_INVALID`; CopyMisusedError `SQL_COPY_MISUSED`
 */
export function checkText(node: string, text: string): void {
  // Texts end with one in the protocol: what came behind would be taken for the next part of the message.
  if (text.includes('\0')) throw new StatementTextError(node);
  if (beginsWithCopy(text)) refuseCopy(node, text);
}
