const ISOLATION = /^ISOLATION LEVEL (READ COMMITTED|REPEATABLE READ|SERIALIZABLE)$/;

/**
 * A BEGIN with modes, as this project writes it, in the words of these servers: the isolation level goes before, for the next transaction
 * only. `DEFERRABLE` means nothing here, since no reader ever waits. `undefined` for any other text.
 */
export function beginOf(text: string): readonly string[] | undefined {
  if (!text.startsWith('BEGIN ')) return undefined;
  const before: string[] = [];
  let start = 'START TRANSACTION';
  for (const mode of text.slice('BEGIN '.length).split(', ')) {
    const level = ISOLATION.exec(mode)?.[1];
    if (level !== undefined) before.push(`SET TRANSACTION ISOLATION LEVEL ${level}`);
    else if (mode === 'READ ONLY') start = 'START TRANSACTION READ ONLY';
    else if (mode !== 'DEFERRABLE') return undefined;
  }
  return [...before, start];
}
