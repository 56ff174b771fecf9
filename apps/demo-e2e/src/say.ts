/** Writes a line of the transcript, without Jest's frame around it. */
export function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
