import { contenders, type Family } from '../contenders/contenders.js';
import { ITEMS, now, UNCAUGHT, type Contender, type Level, type Urls } from './contender.js';
import { Load, type LoadOptions } from './load.js';
import type { Recording } from './recording.js';

/** What a child is asked to do. */
export type Command =
  | { readonly do: 'open'; readonly urls: Urls }
  | { readonly do: 'reads'; readonly load: LoadOptions }
  | { readonly do: 'writes'; readonly load: LoadOptions }
  | { readonly do: 'pairs'; readonly load: LoadOptions; readonly level: Level }
  | { readonly do: 'stall'; readonly ms: number }
  | { readonly do: 'counts' }
  | { readonly do: 'nodes' }
  | { readonly do: 'stop' };

/** A contender in a process of its own: what one is busy with costs the others no turn of their event loop. */
class Child {
  #reads: Load | undefined;
  readonly #writes: Load[] = [];

  constructor(private readonly contender: Contender) {}

  obey(command: Command): unknown {
    const { contender } = this;
    switch (command.do) {
      case 'open':
        return contender.open(command.urls, (what, facts) =>
          process.send!({ heard: { at: now(), what, facts } }),
        );
      case 'reads':
        this.#reads = new Load(command.load, async (n) => {
          const id = 1 + (n % ITEMS);
          const { value, node } = await contender.read(id);
          return { wrong: value !== `value ${id}`, node };
        });
        return undefined;
      case 'writes':
        this.#writes.push(
          new Load(command.load, async (id) => {
            await contender.write(id);
            return { wrong: false };
          }),
        );
        return undefined;
      case 'pairs':
        return new Load(command.load, async (id) => {
          const { value, node } = await contender.pair(id, command.level);
          return { wrong: value === undefined, node };
        }).done();
      case 'stall': {
        const end = now() + command.ms;
        while (now() < end);
        return undefined;
      }
      case 'counts': {
        const good = (load: Load): number => load.samples.filter(({ code }) => code === '').length;
        return {
          reads: this.#reads?.samples.length ?? 0,
          writes: this.#writes.reduce((n, load) => n + good(load), 0),
        };
      }
      case 'nodes':
        return contender.nodes?.();
      default:
        return this.#stop();
    }
  }

  async #stop(): Promise<Recording> {
    const [reads = [], writes] = await Promise.all([
      this.#reads?.stop(),
      Promise.all(this.#writes.map((load) => load.stop())),
    ]);
    return { reads, writes: writes.flat() };
  }
}

const [family, name] = process.argv.slice(2) as [Family, string];
const child = new Child(new contenders[family][name]!());
// A library that lets one through would have ended the process of its user: that is told, and the others go on being compared.
process.on('uncaughtException', (error) => {
  process.send!({ heard: { at: now(), what: UNCAUGHT, facts: { message: String(error) } } });
});
// With the parent everything ends.
process.on('disconnect', () => process.exit());
process.on('message', ({ id, command }: { id: number; command: Command }) => {
  Promise.resolve()
    .then(() => child.obey(command))
    .then(
      (answer) => process.send!({ id, answer }),
      (error: unknown) => process.send!({ id, error: String((error as Error).stack ?? error) }),
    );
});
