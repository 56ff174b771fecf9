import type { Statement } from '@nest-pooling/sql';
import type { ModelObserver, ObservedSession } from '@nest-pooling/sql/testing';
import { callOf, isExclusive, isOver } from './call.js';
import type { SqlWorld } from './world.js';

/** As the design says. */
const WINDOW = 16;
const PIPES = 2;
/** For how long there may be more. */
const CROWDED_MS = 25;
/** What happens again within this time has gone on. */
const AGAIN_MS = 10;

/** What is remembered of a session. */
interface Seen {
  /** Whose transaction is open in it. */
  owner: number | undefined;
  /** Who left something behind in it. */
  setter: number | undefined;
}

/** Looks at what really happens on the server. */
export class Watch implements ModelObserver {
  readonly #seen = new Map<number, Seen>();
  /** Shared sessions that were given something at this moment. */
  readonly #fed = new Set<number>();
  #fedAt = -1;
  #crowdedSince = 0;
  #crowdedAt = -Infinity;

  constructor(private readonly world: SqlWorld) {}

  submitted(session: ObservedSession, { text, params }: Statement): void {
    const { world } = this;
    const seq = callOf(params);
    if (seq === undefined) return;
    const call = world.calls.get(seq)!;
    call.sentAt = world.now;
    if (!session.shared) {
      if (session.inFlight > 1)
        world.fail(`call ${seq} runs beside another on session ${session.id}: ${text}`);
      return;
    }
    if (isExclusive(call)) world.fail(`${call.kind} ${seq} runs on a shared session: ${text}`);
    // The barrier after a cancel is none of them.
    if (session.inFlight > WINDOW + 1) world.fail(`${session.inFlight} statements are on one wire`);
    this.#feeds(session);
  }

  began(session: ObservedSession, { text, params, name }: Statement): void {
    const { world } = this;
    const seq = callOf(params);
    world.trace.note(text, session.id, seq ?? -1);
    const seen = this.#of(session);
    if (!session.inTransaction) seen.owner = undefined;
    if (seq === undefined) return;
    if (session.settings.size > 0 && seen.setter !== seq)
      world.fail(`call ${seq} finds what ${seen.setter} has set in session ${session.id}`);
    if (text.startsWith('set')) seen.setter = seq;
    if (name?.startsWith('np_') && session.inTransaction && !session.shared)
      world.fail(`call ${seq} uses in its transaction a name that nobody gave: ${name}`);
    // What a read opens by mistake may be seen by those who are on the wire with it.
    if (session.shared) return;
    seen.owner ??= seq;
    if (seen.owner !== seq) world.fail(`call ${seq} runs in the transaction of ${seen.owner}: ${text}`);
  }

  arrived(session: ObservedSession, { params }: Statement, result: unknown, at: number): void {
    const seq = callOf(params);
    if (seq === undefined || result === undefined) return;
    const call = this.world.calls.get(seq)!;
    call.answeredAt = at;
    call.answeredOn = session;
  }

  cancelling(session: ObservedSession, head: Statement | undefined): void {
    const { world } = this;
    const seq = callOf(head?.params);
    world.count('cancels');
    world.trace.note('cancel', session.id, seq ?? -1);
    const { owner } = this.#of(session);
    if (head?.text === 'commit' && owner !== undefined && world.calls.get(owner)!.kind === 'transaction')
      world.fail(`the COMMIT of transaction ${owner} is cancelled`);
    if (seq === undefined) return;
    const call = world.calls.get(seq)!;
    if (!isOver(call, world.now) && !world.isOverdue(call))
      world.fail(`a cancel is sent though ${call.kind} ${seq} is the one that runs`);
  }

  lost(session: ObservedSession): void {
    this.world.losses.add(session);
    this.world.trace.note('lost', session.id);
  }

  committed(key: string, value: unknown): void {
    this.world.ledger.committed(key, value);
  }

  #of({ id }: ObservedSession): Seen {
    let seen = this.#seen.get(id);
    if (seen === undefined) this.#seen.set(id, (seen = { owner: undefined, setter: undefined }));
    return seen;
  }

  #feeds({ id }: ObservedSession): void {
    const { world } = this;
    if (this.#fedAt !== world.now) this.#fed.clear();
    this.#fedAt = world.now;
    this.#fed.add(id);
    if (this.#fed.size <= PIPES) return;
    // One that was held up goes on, and another has taken its place: one of them goes soon.
    if (world.now - this.#crowdedAt > AGAIN_MS) this.#crowdedSince = world.now;
    this.#crowdedAt = world.now;
    if (world.now - this.#crowdedSince > CROWDED_MS)
      world.fail(`${this.#fed.size} pipes take reads at one moment`);
  }
}
