import type { Lane, ServerIdentity, SqlSession, Statement, StatementReceiver } from '../driver.js';
import type { Fault } from '../fault.js';
import { ModelBackend } from './model-backend.js';
import type { Outcome, SessionContext } from './model-messages.js';
import { modelFault } from './model-fault.js';
import type { Ways } from './model-network.js';
import { ModelError, type ServedSession } from './model-server.js';
import type { ObservedSession } from './model-options.js';
import { ModelWire } from './model-wire.js';

interface Sent {
  readonly statement: Statement;
  readonly receiver: StatementReceiver;
  /** Its place among all that were submitted. */
  readonly order: number;
  /** It was sent for the second time, since the server did not know its name. */
  readonly again: boolean;
}

/** How long a goodbye waits for the server. */
const GOODBYE_MS = 1_000;

/** The client's side of a session: what it has sent, and what became of it. */
export class ModelConnection implements ServedSession, ObservedSession {
  onLost?: (fault: Fault) => void;
  state: SqlSession['state'] = 'idle';
  /** The server as it was when the session was opened. */
  readonly identity: ServerIdentity;
  /** It was told to close, or was destroyed. */
  closing = false;
  /** @internal */
  protected readonly backend: ModelBackend;
  readonly #there: ModelWire;
  readonly #back: ModelWire;
  readonly #names = new Map<string, string>();
  #inFlight: Sent[] = [];
  #submitted = 0;
  #gone: (() => void) | undefined;

  /** @internal */
  constructor(
    /** @internal */
    protected readonly context: SessionContext,
    /** What it was opened for. */
    readonly lane: Lane,
    /** Its number, from 1 on. */
    readonly id: number,
  ) {
    const { server, clock, options } = context;
    const { systemId, timeline, role } = server;
    this.identity = { systemId, timeline, role, version: '1' };
    this.#there = new ModelWire(clock, () => server.wayMs, false);
    this.#back = new ModelWire(clock, () => server.wayMs, true);
    this.backend = new ModelBackend({
      ...context,
      began: (statement) => options.observer?.began?.(this, statement),
      ended: (why) => {
        server.sessions.delete(this);
        server.lingering.delete(this);
        if (why !== undefined) options.observer?.lost?.(this);
        if (this.state === 'broken') context.network.remove(this);
        this.#back.send(() => this.#lost(why));
      },
    });
    this.backend.readOnly = this.backend.bornReadOnly = lane === 'read';
    context.network.add(this);
    this.hold(context.network.ways(context.client, server));
    server.sessions.add(this);
  }

  get client(): string | undefined {
    return this.context.client;
  }

  get node(): string {
    return this.context.server.id;
  }

  /** Settings made with `set`, which a reset clears. */
  get settings(): ReadonlySet<string> {
    return this.backend.settings;
  }

  /** It was made ready to be shared. */
  get shared(): boolean {
    return this.backend.shared;
  }

  /** A transaction is open on the server. */
  get inTransaction(): boolean {
    return this.backend.transaction !== undefined;
  }

  /** Statements without an answer. */
  get inFlight(): number {
    return this.#inFlight.length;
  }

  /** Of those, the one that was submitted first. */
  protected get head(): Statement | undefined {
    return this.#inFlight.toSorted((a, b) => a.order - b.order)[0]?.statement;
  }

  /** Sends a statement: they run one behind the other. What cannot be sent fails at once. */
  submit(statement: Statement, receiver: StatementReceiver): void {
    if (this.state === 'broken') receiver.failed(new ModelError('lost', 'the session is over'));
    else if (!this.#nameIsFree(statement)) receiver.failed(new ModelError('invalid', 'the name is taken'));
    else this.#send({ statement, receiver, order: ++this.#submitted, again: false });
  }

  close(): Promise<void> {
    this.closing = true;
    if (this.state === 'broken') return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.context.clock.after(GOODBYE_MS, () => {
        this.destroy();
        resolve();
      });
      this.#gone = () => {
        timer.cancel();
        resolve();
      };
      if (this.#inFlight.length === 0) this.state = 'broken';
      this.#there.send(() => this.backend.hangUp());
    });
  }

  /** What was sent runs on the server all the same. */
  destroy(): void {
    this.closing = true;
    this.#back.cut();
    if (this.context.server.sessions.delete(this)) {
      this.context.server.lingering.add(this);
      this.#there.send(() => this.backend.hangUp());
    }
    this.#break('the session was destroyed');
  }

  lose(why: string): void {
    this.backend.end(why);
  }

  freeze(): void {
    this.backend.frozen = true;
  }

  wake(): void {
    this.backend.frozen = false;
    this.backend.wake();
  }

  hold({ there, back }: Ways): void {
    this.#there.hold(there);
    this.#back.hold(back);
  }

  #nameIsFree({ name, text }: Statement): boolean {
    if (name === undefined) return true;
    const known = this.#names.get(name);
    if (known === undefined) this.#names.set(name, text);
    return known === undefined || known === text;
  }

  #send(sent: Sent): void {
    const { observer } = this.context.options;
    this.#inFlight.push(sent);
    observer?.submitted?.(this, sent.statement);
    const { statement } = sent;
    const answer = (outcome: Outcome): void => {
      const { state } = this.backend;
      const result = 'result' in outcome ? outcome.result : undefined;
      const arrived = observer?.arrived?.bind(observer, this, statement, result);
      this.#back.send(() => this.#answered(sent, outcome, state), arrived);
    };
    this.#there.send(() => this.backend.receive({ statement, answer }));
  }

  #answered(sent: Sent, outcome: Outcome, state: ModelBackend['state']): void {
    // Said goodbye already: what comes is too late.
    if (this.state === 'broken') return;
    const { statement, receiver, order, again } = sent;
    this.#inFlight.splice(this.#inFlight.indexOf(sent), 1);
    this.state = state;
    if ('result' in outcome) receiver.answered(outcome.result);
    else if (outcome.error.code === 'forgotten' && !again && state === 'idle') {
      this.#send({ statement, receiver, order, again: true });
    } else receiver.failed(outcome.error);
  }

  /** The server has ended it. */
  #lost(why: string | undefined): void {
    const idle = this.#inFlight.length === 0 && this.state !== 'broken';
    const reason = why ?? 'the server closed the connection';
    this.#break(reason);
    if (!idle) return;
    const during = { lane: this.lane, role: this.identity.role, sent: false, committing: false };
    this.onLost?.(modelFault(new ModelError('lost', reason), during));
  }

  #break(why: string): void {
    this.state = 'broken';
    if (this.backend.over) this.context.network.remove(this);
    const inFlight = this.#inFlight;
    this.#inFlight = [];
    // Each gets an error of its own.
    for (const { receiver } of inFlight) receiver.failed(new ModelError('lost', why));
    this.#gone?.();
    this.#gone = undefined;
  }
}
