// The TypeScript in a text for humans: each block is a module of its own. What a reader can do without (imports, a
// type that stands for his own) may stand in a comment right before the block, which no page shows:
//
//   <!-- given
//   import { Injectable } from '@nestjs/common';
//   -->
//
// A block that cannot be compiled says so, and why, where everybody reads it: ```ts no-check: the reason

const BLOCK = /(?:^<!-- given\n([\s\S]*?)^-->\n+)?^```(?:ts|typescript)\b([^\n]*)\n([\s\S]*?)^```$/gm;

/** @returns {{ line: number, given: string, code: string, unchecked: string | undefined }[]} `line` is where the code begins. */
export function blocksIn(markdown) {
  const text = markdown.replaceAll('\r\n', '\n');
  return [...text.matchAll(BLOCK)].map((match) => {
    const [all, given = '', info, code] = match;
    const ahead = all.slice(0, all.length - code.length - '```'.length);
    const line = (text.slice(0, match.index) + ahead).split('\n').length;
    const unchecked = /^\s*no-check:\s*(\S.*)$/.exec(info)?.[1];
    return { line, given, code, unchecked, info: info.trim() };
  });
}
