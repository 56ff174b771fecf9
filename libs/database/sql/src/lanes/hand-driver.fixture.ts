import type {
  Position,
  ProbeResult,
  RawResult,
  ServerIdentity,
  SqlDriver,
  SqlSession,
  Statement,
  StatementReceiver,
} from '../driver.js';
import type { Fault } from '../fault.js';

/** An error whose fault is what it says. */
export class FaultyError extends Error {
  constructor(readonly fault: Omit<Fault, 'cause'>) {
    super(fault.category);
  }
}

export const LOST = new FaultyError({ category: 'connection', scope: 'node', outcome: 'rolled-back' });
export const CANCELLED = new FaultyError({
  category: 'cancelled',
  scope: 'statement',
  outcome: 'rolled-back',
});
export const READ_ONLY = new FaultyError({ category: 'role', scope: 'statement', outcome: 'rolled-back' });

interface Sent {
  readonly statement: Statement;
  readonly receiver: StatementReceiver;
}

/** A session whose answers the test gives by hand. */
export class HandSession implements SqlSession {
  readonly identity: ServerIdentity = { systemId: 's', timeline: 1, role: 'primary', version: '1' };
  state: SqlSession['state'] = 'idle';
  onLost?: (fault: Fault) => void;
  /** On the wire. */
  sent: Sent[] = [];
  shared = false;
  resets = 0;
  cancels: { done: () => void; failed: (error: Error) => void }[] = [];

  /** The texts on the wire. */
  get texts(): string[] {
    return this.sent.map(({ statement }) => statement.text);
  }

  submit(statement: Statement, receiver: StatementReceiver): void {
    if (this.state === 'broken') receiver.failed(LOST);
    else this.sent.push({ statement, receiver });
  }

  execute(statement: Statement): Promise<RawResult> {
    return new Promise((resolve, reject) => {
      this.submit(statement, { answered: resolve, failed: reject });
    });
  }

  /** Answers what was sent first, with its own text as its row. */
  answer(times = 1): void {
    for (let n = 0; n < times; n++) {
      const { statement, receiver } = this.sent.shift()!;
      receiver.answered({ rows: [statement.text], rowCount: 1, command: 'SELECT', fields: [] });
    }
  }

  fail(error: Error): void {
    this.sent.shift()!.receiver.failed(error);
  }

  /** The connection goes, with all that is on the wire. */
  lose(): void {
    this.state = 'broken';
    for (const { receiver } of this.sent.splice(0)) receiver.failed(LOST);
  }

  share(): Promise<void> {
    this.shared = true;
    return Promise.resolve();
  }

  cancel(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.cancels.push({ done: resolve, failed: reject });
    });
  }

  reset(): Promise<void> {
    this.shared = false;
    this.resets++;
    return Promise.resolve();
  }

  destroy(): void {
    this.lose();
  }

  close(): Promise<void> {
    this.lose();
    return Promise.resolve();
  }

  commit(): Promise<void> {
    return Promise.resolve();
  }

  probe(): Promise<ProbeResult> {
    return Promise.resolve({ ...this.identity, at: '0', streaming: true, lagMs: 0 });
  }

  position(): Promise<Position> {
    throw new Error('not used here');
  }

  reached(): Promise<boolean> {
    throw new Error('not used here');
  }

  stream(): AsyncIterable<readonly unknown[]> {
    throw new Error('not used here');
  }
}

/** A driver of such sessions; texts that begin with `write` are writes. */
export class HandDriver implements SqlDriver {
  readonly dialect = 'hand';
  readonly can = { pipeline: true, cancel: true, positions: false };
  readonly sessions: HandSession[] = [];
  refuses: Error | undefined;

  connect(): Promise<SqlSession> {
    if (this.refuses !== undefined) return Promise.reject(this.refuses);
    const session = new HandSession();
    this.sessions.push(session);
    return Promise.resolve(session);
  }

  /** The sessions that are shared now. */
  get pipes(): HandSession[] {
    return this.sessions.filter(({ shared, state }) => shared && state !== 'broken');
  }

  classify(text: string): ReturnType<SqlDriver['classify']> {
    const lane = text.startsWith('write') ? 'write' : 'read';
    return { lane, pins: text.startsWith('pin'), fingerprint: text.split(' ')[0]!, statements: 1 };
  }

  fault(error: unknown): Fault {
    if (error instanceof FaultyError) return { ...error.fault, cause: error };
    return { category: 'other', scope: 'statement', outcome: 'rolled-back', cause: error };
  }

  compare(): 'incomparable' {
    return 'incomparable';
  }
}
