const PRIME = 0x01000193;

/**
 * Everything that happened in a run, as one number: two runs of a seed are the same run when their hashes are
 * equal. The texts are kept only when they are wanted, because they cost more than the run.
 */
export class Trace {
  hash = 0x811c9dc5;
  readonly lines: string[] = [];

  constructor(
    private readonly recording: boolean,
    private readonly now: () => number,
  ) {}

  note(what: string, a = 0, b = 0): void {
    let { hash } = this;
    for (let at = 0; at < what.length; at++) hash = Math.imul(hash ^ what.charCodeAt(at), PRIME);
    hash = Math.imul(hash ^ Math.floor(a * 1_024), PRIME);
    hash = Math.imul(hash ^ Math.floor(b * 1_024), PRIME);
    this.hash = Math.imul(hash ^ Math.floor(this.now() * 1_024), PRIME);
    if (this.recording) this.lines.push(`${this.now().toFixed(1).padStart(9)} ms  ${what} ${a} ${b}`);
  }
}
