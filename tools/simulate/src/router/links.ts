import type { RouterWorld } from './world.js';

/** What a replica is parted from its primary by; several causes overlap, each ends by itself. */
export class Links {
  readonly #causes = new Map<string, number>();
  /** Since when each replica gets what its primary commits. */
  readonly #since = new Map<string, number>();

  /** Causes that have not ended. */
  open = 0;

  constructor(private readonly world: RouterWorld) {}

  /** Parts a replica from its primary, until the function that it returns is called. */
  part(id: string): () => void {
    this.#change(id, 1);
    let over = false;
    return () => {
      if (!over) this.#change(id, -1);
      over = true;
    };
  }

  /** It follows another one from now on. */
  followed(id: string): void {
    this.#since.set(id, this.world.now);
  }

  /** For how long a replica has had what the present primary commits, in milliseconds; 0 if it has it not. */
  linkedFor(id: string): number {
    const { cluster, operator, now } = this.world;
    const stray = cluster.server(id).timeline !== cluster.server(operator.primary).timeline;
    if (stray || (this.#causes.get(id) ?? 0) > 0) return 0;
    return now - (this.#since.get(id) ?? 0);
  }

  #change(id: string, by: number): void {
    this.open += by;
    const causes = (this.#causes.get(id) ?? 0) + by;
    this.#causes.set(id, causes);
    this.world.cluster.separate(id, causes > 0);
    if (causes === 0) this.followed(id);
  }
}
