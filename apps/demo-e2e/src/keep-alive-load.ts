import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Counts } from './shop.js';

/** What a request came to. */
type Outcome = { readonly status: number } | { readonly refused: string; readonly reused: boolean };

/** A request that a loop makes. */
export interface Todo {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
}

/** Clients whose connections stay open, each in a loop. */
export class KeepAliveLoad {
  /** Answers by status. */
  readonly statuses = new Counts();
  /** Answers in all. */
  answers = 0;
  /** How requests ended that got no answer: told by loops that follow no probe, each of which ends with one. */
  readonly refusals: string[] = [];
  /** What no client may ever see. */
  readonly failures: string[] = [];
  /** Whether a probe has said that nothing more is to be sent. */
  unready = false;
  readonly #agents: Agent[] = [];
  readonly #url: string;
  readonly #loops: Promise<void>[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  /** As a load balancer does: asks whether the shop is ready, and has the loops of {@link follow} stop when it is not. */
  probe(everyMs: number): void {
    const agent = this.#agent();
    const loop = async (): Promise<void> => {
      while (!this.unready) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const outcome = await this.#call({ method: 'GET', path: '/health/ready' }, agent);
        this.unready = !('status' in outcome) || outcome.status !== 200;
        if ('refused' in outcome) this.failures.push(`the probe: ${outcome.refused}`);
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await sleep(everyMs);
      }
    };
    this.#loops.push(loop());
  }

  /** Loops behind the load balancer: whatever they send must be answered, and well. */
  follow(loops: number, todo: (n: number) => Todo): void {
    const loop = async (start: number): Promise<void> => {
      const agent = this.#agent();
      for (let n = start; !this.unready; n += loops) {
        const wanted = todo(n);
        // oxlint-disable-next-line no-await-in-loop -- a loop is one client
        const outcome = await this.#call(wanted, agent);
        if ('status' in outcome ? outcome.status >= 300 : true)
          this.failures.push(`${wanted.method} ${wanted.path}: ${JSON.stringify(outcome)}`);
      }
    };
    for (let n = 0; n < loops; n++) this.#loops.push(loop(n));
  }

  /** Loops that ask nobody, and end when they are not let in: until then whatever is answered must be answered well. */
  insist(loops: number, todo: (n: number) => Todo): void {
    const loop = async (start: number): Promise<void> => {
      const agent = this.#agent();
      for (let n = start; ; n += loops) {
        const wanted = todo(n);
        // oxlint-disable-next-line no-await-in-loop -- a loop is one client
        const outcome = await this.#call(wanted, agent);
        if ('status' in outcome) {
          if (outcome.status >= 300) this.failures.push(`${wanted.method} ${wanted.path}: ${outcome.status}`);
          // A connection that was idle may be closed while a request is on its way: clients try again on a new one.
        } else if (!outcome.reused) {
          this.refusals.push(outcome.refused);
          return;
        }
      }
    };
    for (let n = 0; n < loops; n++) this.#loops.push(loop(n));
  }

  /** One request more, beside the loops. */
  async once(todo: Todo): Promise<number | string> {
    const outcome = await this.#call(todo, this.#agent());
    return 'status' in outcome ? outcome.status : outcome.refused;
  }

  /** Resolves when all loops have ended, and ends the connections: also those of {@link once}. */
  async ended(): Promise<void> {
    await Promise.all(this.#loops);
    for (const agent of this.#agents) agent.destroy();
  }

  /** Each client has one connection: a shared one would be found closed by whoever comes after its last user. */
  #agent(): Agent {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.push(agent);
    return agent;
  }

  #call({ method, path, body }: Todo, agent: Agent): Promise<Outcome> {
    return new Promise((resolve) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = text === undefined ? {} : { 'content-type': 'application/json' };
      const sent = request(this.#url + path, { method, headers, agent }, (response) => {
        const status = response.statusCode!;
        response.resume();
        response.on('end', () => {
          this.answers++;
          this.statuses.add(String(status));
          resolve({ status });
        });
        response.on('error', (error) => {
          this.failures.push(`${method} ${path}: an answer ended before its end: ${error.message}`);
          resolve({ status: 0 });
        });
      });
      sent.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ refused: error.code ?? error.message, reused: sent.reusedSocket }),
      );
      sent.end(text);
    });
  }
}
