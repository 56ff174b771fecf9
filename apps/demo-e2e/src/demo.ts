import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.js';

const MAIN = fileURLToPath(new URL('../../demo/dist/main.js', import.meta.url));

/** An answer of the demo. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** `X-Served-By`. */
  readonly node: string | null;
  /** `X-Consistency-Token`. */
  readonly token: string | undefined;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- what the tests are about to find out
  readonly body: any;
  readonly ms: number;
}

/** The built demo in a process of its own. */
export class Demo {
  /** What it has written so far, errors too. */
  output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string>;

  /** Starts the process; {@link Demo.ready} resolves when the shop is open. */
  constructor(env: NodeJS.ProcessEnv = {}) {
    // The options of Jest's own node are not meant for it.
    const { NODE_OPTIONS: _, ...surroundings } = process.env;
    this.#child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
      env: { ...surroundings, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.#ended = once(this.#child, 'close').then(([code, signal]) => (signal ?? code) as number | string);
  }

  /** Starts one and waits until it is ready. */
  static async open(env: NodeJS.ProcessEnv = {}): Promise<Demo> {
    const demo = new Demo(env);
    await demo.ready();
    return demo;
  }

  /** Resolves at the ready line. */
  async ready(): Promise<void> {
    await until('the demo was ready', () => {
      if (this.#child.exitCode !== null) throw new Error(`The demo ended:\n${this.output}`);
      return this.#readyUrl();
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get url(): string {
    const url = this.#readyUrl();
    if (url === undefined) throw new Error('The demo is not ready.');
    return url;
  }

  /** The name of the folder of its servers, which the title of each of them has; empty before it is ready. */
  get folder(): string {
    return basename(/data and logs in (\S+)/.exec(this.output)?.[1] ?? '');
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with the exit code, or with the signal that ended it. */
  ended(): Promise<number | string> {
    return this.#ended;
  }

  /** Ends it, whatever state it is in. */
  async close(): Promise<void> {
    this.kill('SIGTERM');
    const late = setTimeout(() => this.kill('SIGKILL'), 20_000);
    await this.#ended;
    clearTimeout(late);
  }

  /** With a token, the client sees what that stands for. */
  get(path: string, token?: string): Promise<Answer> {
    return this.#call('GET', path, undefined, token);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.#call('POST', path, body === undefined ? undefined : JSON.stringify(body));
  }

  /** Sends a text as it is. */
  postText(path: string, text: string): Promise<Answer> {
    return this.#call('POST', path, text);
  }

  async #call(method: string, path: string, body?: string, token?: string): Promise<Answer> {
    const begun = performance.now();
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { 'x-consistency-token': token }),
      },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const { status, headers } = response;
    const json = /^application\/([a-z]+\+)?json\b/.test(headers.get('content-type') ?? '');
    const answer: unknown = json ? JSON.parse(text) : undefined;
    const ms = performance.now() - begun;
    const [node, next] = [headers.get('x-served-by'), headers.get('x-consistency-token') ?? undefined];
    return { status, headers, node, token: next, text, body: answer, ms };
  }

  #readyUrl(): string | undefined {
    return /^ready (http:\S+)$/m.exec(this.output)?.[1];
  }
}
