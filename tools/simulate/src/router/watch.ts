import type { Statement } from '@nest-pooling/sql';
import type { ModelObserver, ObservedSession } from '@nest-pooling/sql/testing';
import type { RouterWorld } from './world.js';

const WRITES = ['insert', 'sneaky'];

/** Looks at what really goes to the servers. */
export class Watch implements ModelObserver {
  constructor(private readonly world: RouterWorld) {}

  submitted(session: ObservedSession, { text }: Statement): void {
    const { world } = this;
    const [word = '', , value] = text.split(' ');
    const { node, lane } = session;
    if (word === 'select') {
      const way = `${session.client} ${node}`;
      world.reads.set(way, (world.reads.get(way) ?? 0) + 1);
    }
    if (!WRITES.includes(word)) return;
    world.trace.note(`${session.client} sends ${text} to ${node}`, session.id);
    const write = world.ledger.of(value)!;
    if (word === 'insert' && ++write.sent > 1)
      world.fail(`the write ${write.value} is sent ${write.sent} times`);
    if (lane !== 'write' || session.shared) return;
    const app = world.apps.find(({ name }) => name === session.client)!;
    const { timeline } = world.cluster.server(node);
    if (app.seen > timeline)
      world.fail(
        `${app.name} sends ${text} to ${node}, an old primary (${timeline}, it has seen ${app.seen})`,
      );
  }

  committed(_key: string, value: unknown, node: string): void {
    this.world.ledger.committed(value, node);
  }
}
