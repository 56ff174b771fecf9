import type { App } from './app.js';
import type { RouterWorld } from './world.js';

/** What can be the matter with a server, or with the way to it. */
export type Trouble = 'down' | 'frozen' | 'slow' | 'cut';

/** Troubles of which nobody is told: they have to be found out. */
const SILENT: readonly Trouble[] = ['frozen', 'slow', 'cut'];

interface Troubles {
  readonly counts: Record<Trouble, number>;
  /** Since when nothing is the matter, for each app. */
  readonly wellSince: Map<App, number>;
}

/** What is the matter with which server. Troubles overlap: each ends by itself. */
export class Servers {
  readonly ids: readonly string[];
  readonly #troubles = new Map<string, Troubles>();
  readonly #cuts = new Map<string, number>();
  /** When silent troubles began. */
  readonly #silences: number[] = [];
  /** Troubles that have not ended. */
  open = 0;

  constructor(private readonly world: RouterWorld) {
    this.ids = [...world.cluster.servers.keys()];
    for (const id of this.ids) {
      const counts = { down: 0, frozen: 0, slow: 0, cut: 0 };
      this.#troubles.set(id, { counts, wellSince: new Map() });
    }
  }

  /** The servers that work. */
  get up(): readonly string[] {
    return this.ids.filter((id) => this.world.cluster.server(id).state === 'up');
  }

  /** For how long nothing has been the matter with a server, as an app sees it, in milliseconds; 0 if something is. */
  wellFor(app: App, id: string): number {
    const { counts, wellSince } = this.#troubles.get(id)!;
    if (counts.down + counts.frozen + counts.slow > 0 || this.#cutOf(app, id) > 0) return 0;
    return this.world.now - (wellSince.get(app) ?? 0);
  }

  /** How many silent troubles have begun since a moment. */
  silencesSince(moment: number): number {
    return this.#silences.filter((at) => at >= moment).length;
  }

  /** Something is the matter, until the function that it returns is called. */
  begin(id: string, trouble: Exclude<Trouble, 'cut'>): () => void {
    const { counts } = this.#troubles.get(id)!;
    counts[trouble]++;
    this.#begun(trouble, `${id} is ${trouble}`);
    this.#apply(id);
    return this.#once(() => {
      counts[trouble]--;
      this.#apply(id);
      if (counts[trouble] === 0) for (const app of this.world.apps) this.#mended(app, id);
    });
  }

  /** Ways between an app and a server are cut, until the function that it returns is called. */
  cut(app: App, id: string, there: boolean, back: boolean): () => void {
    const { network } = this.world.cluster;
    const server = this.world.cluster.server(id);
    const key = `${app.name} ${id}`;
    this.#cuts.set(key, this.#cutOf(app, id) + 1);
    this.#begun('cut', `${app.name} and ${id} are cut: ${there} ${back}`);
    network.set(app.name, server, { there, back });
    return this.#once(() => {
      this.#cuts.set(key, this.#cutOf(app, id) - 1);
      if (this.#cutOf(app, id) > 0) return;
      network.set(app.name, server, { there: false, back: false });
      this.#mended(app, id);
    });
  }

  /** It was started anew: its sessions are gone. */
  restarted(id: string): void {
    for (const app of this.world.apps) this.#mended(app, id);
  }

  #cutOf(app: App, id: string): number {
    return this.#cuts.get(`${app.name} ${id}`) ?? 0;
  }

  #begun(trouble: Trouble, what: string): void {
    const { world } = this;
    world.faults++;
    this.open++;
    world.trace.note(what);
    world.count(`fault: ${trouble}`);
    if (SILENT.includes(trouble)) this.#silences.push(world.now);
  }

  #once(end: () => void): () => void {
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.open--;
      end();
    };
  }

  #mended(app: App, id: string): void {
    this.#troubles.get(id)!.wellSince.set(app, this.world.now);
  }

  #apply(id: string): void {
    const { cluster, setup, trace } = this.world;
    const { counts } = this.#troubles.get(id)!;
    const server = cluster.server(id);
    const state = counts.down > 0 ? 'down' : counts.frozen > 0 ? 'frozen' : 'up';
    server.latencyMs = setup.latencyMs + (counts.slow > 0 ? 60 : 0);
    if (state === server.state) return;
    trace.note(`${id} is ${state}`);
    if (state === 'down') cluster.kill(id);
    else if (state === 'up') cluster.restore(id);
    else cluster.freeze(id);
  }
}
