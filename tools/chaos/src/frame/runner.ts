import { fork, type ChildProcess } from 'node:child_process';
import type { Family } from '../contenders/contenders.js';
import type { Command } from './child.js';
import { now, type Heard, type Urls } from './contender.js';
import { pause } from './load.js';
import type { Recording } from './recording.js';

/** A contender that runs in a process of its own, seen from here. */
export class Runner {
  readonly heard: Heard[] = [];
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  #next = 0;

  constructor(
    family: Family,
    readonly name: string,
  ) {
    this.#child = fork(new URL('child.js', import.meta.url), [family, name], { serialization: 'advanced' });
    this.#child.on('message', (message) => this.#onMessage(message as Message));
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#asked.values()) reject(new Error(`${name} ended with ${code}`));
    });
  }

  open(urls: Urls): Promise<unknown> {
    return this.ask({ do: 'open', urls });
  }

  ask<T>(command: Command): Promise<T> {
    const id = ++this.#next;
    return new Promise<unknown>((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#child.send({ id, command });
    }) as Promise<T>;
  }

  /** Resolves when it has been told something of that kind, at `since` or later. */
  async told(
    what: string,
    fits: (facts: Heard['facts']) => boolean,
    since: number,
    limitMs = 30_000,
  ): Promise<Heard> {
    const end = now() + limitMs;
    for (;;) {
      const found = this.heard.find((one) => one.what === what && one.at >= since && fits(one.facts));
      if (found !== undefined) return found;
      if (now() > end) throw new Error(`${this.name} has not told '${what}' within ${limitMs} ms`);
      await pause(5);
    }
  }

  /** Resolves when the node left the rotation. */
  ejected(node: string, since: number): Promise<Heard> {
    return this.told('rotation', (facts) => facts.node === node && facts.state === 'ejected', since);
  }

  /** Resolves when it came back. */
  readmitted(node: string, since: number): Promise<Heard> {
    return this.told('rotation', (facts) => facts.node === node && facts.state === 'returning', since);
  }

  stop(): Promise<Recording> {
    return this.ask<Recording>({ do: 'stop' });
  }

  /** Ends the process as it is: what it holds goes with it. */
  end(): void {
    this.#child.kill('SIGKILL');
  }

  #onMessage(message: Message): void {
    if ('heard' in message) {
      this.heard.push(message.heard);
      return;
    }
    const asked = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    if ('error' in message) asked?.reject(new Error(`${this.name}: ${message.error}`));
    else asked?.resolve(message.answer);
  }
}

type Message =
  | { readonly heard: Heard }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string };
