/** A command of mysql2 that gathers the rows of its answer. */
export interface Gathering {
  readonly _currentRows?: unknown[] | null;
  on(event: 'fields', listener: () => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** Has a command keep so many rows of each result, and drop the others as they come: they would only fill the memory. */
export function keepRows(command: Gathering, most: number): void {
  command.on('fields', () => {
    // oxlint-disable-next-line no-underscore-dangle -- mysql2's own
    const rows = command._currentRows;
    if (rows === undefined || rows === null) return;
    Object.defineProperty(rows, 'push', {
      configurable: true,
      value: (row: unknown) => (rows.length < most ? Array.prototype.push.call(rows, row) : rows.length),
    });
    command.on('end', () => void Reflect.deleteProperty(rows, 'push'));
  });
}
