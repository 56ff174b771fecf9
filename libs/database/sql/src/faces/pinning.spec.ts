import { describe, expect, it } from '@jest/globals';
import type { BorrowedSession, BorrowOptions, ReadVerdict, SessionSource } from '../session-source.js';
import type { SqlNode } from '../sql-node.js';
import { Pinning, type PinnedJob, type PinnedSession } from './pinning.js';

class Session implements PinnedSession {
  dead = false;
  quiet = true;
  inTransaction = false;
  ended: unknown = 'not yet';

  constructor(
    readonly borrowed: BorrowedSession,
    readonly onReplica: boolean,
  ) {}

  end(cause?: unknown): void {
    this.ended = cause;
  }
}

class Job implements PinnedJob<Session> {
  readonly tried: SqlNode[] = [];
  sentTo: Session[] = [];
  failedWith: unknown;
  again: ((error: unknown) => boolean) | undefined;

  constructor(
    readonly order: number,
    public kind: PinnedJob<Session>['kind'],
  ) {}

  send(session: Session, again: (error: unknown) => boolean): void {
    this.sentTo.push(session);
    this.again = again;
  }

  fail(error: unknown): void {
    this.failedWith = error;
  }

  writes(): void {
    this.kind = { ...this.kind, reads: false };
  }
}

const READ = { reads: true, begins: false, ends: false };
const WRITE = { reads: false, begins: false, ends: false };
const BEGIN = { reads: false, begins: true, ends: false };
const BEGIN_READ_ONLY = { reads: true, begins: true, ends: false };

function open(
  verdict: ReadVerdict = 'final',
  replicas = true,
): {
  pinning: Pinning<Session>;
  asked: BorrowOptions[];
  sessions: Session[];
  push: (kind: PinnedJob<Session>['kind']) => Promise<Job>;
  state: { refuses: Error | undefined; gone: number; unbound: number };
} {
  const asked: BorrowOptions[] = [];
  const sessions: Session[] = [];
  const state = { refuses: undefined as Error | undefined, gone: 0, unbound: 0 };
  const source = {
    borrow: async (options: BorrowOptions): Promise<BorrowedSession> => {
      asked.push({ ...options, tried: [...options.tried!] });
      if (state.refuses !== undefined) throw state.refuses;
      return { node: { id: `n${asked.length}` } as SqlNode, lease: undefined as never };
    },
  } as SessionSource;
  const pinning = new Pinning<Session>(source, {
    adopt(borrowed) {
      const session = new Session(borrowed, replicas && asked.at(-1)!.access === 'read');
      sessions.push(session);
      return session;
    },
    unbound: () => void state.unbound++,
    failed: () => verdict,
    errorOf: (error) => new Error('told', { cause: error }),
    closed: () => new Error('closed'),
    gone: () => void state.gone++,
  });
  const push = async (kind: PinnedJob<Session>['kind']): Promise<Job> => {
    const job = new Job(pinning.next(), kind);
    pinning.push(job);
    await new Promise(setImmediate);
    return job;
  };
  return { pinning, asked, sessions, push, state };
}

describe('Pinning', () => {
  it('reads on a replica, moves to the primary for the first write, and stays there', async () => {
    const { asked, sessions, push, state } = open();
    await push(READ);
    await push(READ);
    await push(WRITE);
    await push(READ);
    expect(asked.map(({ access }) => access)).toEqual(['read', 'write']);
    expect(sessions.map(({ ended }) => ended)).toEqual([undefined, 'not yet']);
    expect(state.unbound).toBe(1);
  });

  it('does not move while a statement runs', async () => {
    const { pinning, asked, sessions, push } = open();
    await push(READ);
    sessions[0]!.quiet = false;
    const write = await push(WRITE);
    expect([write.sentTo, asked.length]).toEqual([[], 1]);
    sessions[0]!.quiet = true;
    pinning.giveBack(undefined);
    await new Promise(setImmediate);
    expect(write.sentTo).toEqual([sessions[1]]);
  });

  it('never moves within a transaction, wherever that began', async () => {
    for (const [begin, access] of [
      [BEGIN, 'write'],
      [BEGIN_READ_ONLY, 'read'],
    ] as const) {
      const { asked, sessions, push } = open();
      await push(begin);
      sessions[0]!.inTransaction = true;
      const jobs = [await push(READ), await push(WRITE)];
      expect(asked.map((one) => one.access)).toEqual([access]);
      expect(jobs.map(({ sentTo }) => sentTo)).toEqual([[sessions[0]], [sessions[0]]]);
    }
  });

  it('runs a read elsewhere when its replica died, once on each, and on the primary when it writes', async () => {
    const died = open('elsewhere');
    const read = await died.push(READ);
    expect(read.again!(new Error('gone'))).toBe(true);
    await new Promise(setImmediate);
    expect(died.asked.map(({ tried }) => tried!.map(({ id }) => id))).toEqual([[], ['n1']]);
    expect(read.sentTo).toEqual(died.sessions);

    const writes = open('primary');
    const call = await writes.push(READ);
    expect(call.again!(new Error('read only'))).toBe(true);
    await new Promise(setImmediate);
    expect(writes.asked.map(({ access }) => access)).toEqual(['read', 'write']);
  });

  it.each([
    ['a write', WRITE],
    ['a transaction', BEGIN_READ_ONLY],
  ])('tells the error of %s, and runs it once', async (_, kind) => {
    const { asked, push } = open('elsewhere');
    const job = await push(kind);
    expect(job.again!(new Error('gone'))).toBe(false);
    expect([asked.length, job.sentTo.length]).toEqual([1, 1]);
  });

  it('tells the error of a read on a session that takes writes: it may have written, and runs once', async () => {
    const { asked, push } = open('elsewhere', false);
    const read = await push(READ);
    expect(read.again!(new Error('gone'))).toBe(false);
    expect([asked.length, read.sentTo.length]).toEqual([1, 1]);
  });

  it('tells one statement that there is no session, and tries again for the next', async () => {
    const { state, push } = open();
    state.refuses = new Error('full');
    const refused = await push(READ);
    expect(refused.failedWith).toMatchObject({ message: 'told', cause: state.refuses });
    state.refuses = undefined;
    expect((await push(READ)).sentTo).toHaveLength(1);
  });

  it('is given back once, when what was given has been sent; with an error what was not is told so', async () => {
    const { pinning, sessions, push, state } = open();
    const read = await push(READ);
    sessions[0]!.quiet = false;
    const write = await push(WRITE);
    const cause = new Error('released with it');
    pinning.giveBack(cause);
    pinning.giveBack(undefined);
    expect(write.failedWith).toMatchObject({ message: 'closed' });
    expect([sessions[0]!.ended, state.gone, pinning.bound]).toEqual([cause, 1, undefined]);
    expect(read.again!(cause)).toBe(false);
  });
});
