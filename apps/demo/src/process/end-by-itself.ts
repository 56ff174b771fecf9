/** So long the process may take to end when there is nothing left to do. */
const PATIENCE_MS = 5_000;

/** Lets the process end by itself, as it does when nothing is open any more. What is open after all is told, and ends it with code 70. */
export function endByItself(code: number): void {
  process.exitCode = code;
  // It keeps nothing alive: it only fires when something else does.
  setTimeout(() => {
    process.stderr.write(`Still open at the end: ${process.getActiveResourcesInfo().join(', ')}\n`);
    process.exit(70);
  }, PATIENCE_MS).unref();
}
