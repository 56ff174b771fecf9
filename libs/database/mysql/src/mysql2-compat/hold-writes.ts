import type { CrowdWriter, Sender } from '@nest-pooling/sql/faces';
import { insides } from './insides.js';

/** Lets `writer` decide when what a connection writes leaves. */
export function holdWrites(connection: object, writer: CrowdWriter): void {
  const inner = insides(connection);
  const write = inner.write.bind(connection);
  let held: Buffer[] = [];
  const sender: Sender = {
    send() {
      const buffers = held;
      held = [];
      if (inner.stream.destroyed) return;
      for (const buffer of buffers) write(buffer);
    },
  };
  inner.write = (buffer) => {
    if (held.push(buffer) === 1) writer.written(sender);
  };
}
