const DOLLAR = 36;

/** White space of SQL: blank, tab, newline, return, vertical tab, form feed. */
export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** 0 to 9. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Letters, `_` and everything outside ASCII; false for NaN, which is the end of the text. */
export function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

/** Where the word that starts at `from` ends; digits and `$` may follow its first character. */
export function wordEnd(text: string, from: number): number {
  let at = from + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isWordStart(code) && !isDigit(code) && code !== DOLLAR) break;
  }
  return at;
}

/** End of line, as it ends a comment. */
export function isNewline(code: number): boolean {
  return code === 10 || code === 13;
}

/** Where the line that holds `from` ends. */
export function lineEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isNewline(code)) break;
  }
  return at;
}
