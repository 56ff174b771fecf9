import type { Command } from './connection.js';
import type { Wire } from './wire.js';

/** What a stream is made from. */
export interface StreamParts {
  readonly wire: Wire;
  /** Called when the first page is asked for. */
  readonly command: () => Promise<Command & { prepared: boolean }>;
  readonly batch: number;
  /** Takes the limits of a single statement off, and puts them back; '' for nothing to do. */
  readonly lift: string;
  readonly restore: string;
  /** Ends what runs, on the server. */
  readonly cancel: () => Promise<void>;
  readonly destroy: () => void;
}

/**
 * Reads rows as they come. The server sends them all at once; when the reader is slower, the socket is not read on, which holds the server up.
 * Its limit for a statement would count the reader's time, and is taken off meanwhile. A reader who has had enough ends the
 * statement on the server.
 */
export async function* streamRows(parts: StreamParts): AsyncGenerator<readonly unknown[], void, undefined> {
  const { wire, batch } = parts;
  const { connection } = wire;
  const { prepared, ...command } = await parts.command();
  if (parts.lift !== '') await wire.query({ sql: parts.lift });
  const pages = new Pages(batch, connection);
  try {
    const running = wire.each(() => (prepared ? connection.execute(command) : connection.query(command)), {
      row: (row) => pages.add(row),
    });
    running.then(pages.end, pages.fail);
    for (let page = await pages.next(); page.length > 0; page = await pages.next()) yield page;
  } finally {
    if (wire.state !== 'broken') await finish(parts, pages);
  }
}

async function finish({ wire, cancel, destroy, restore }: StreamParts, pages: Pages): Promise<void> {
  try {
    if (!pages.over) {
      pages.drop();
      await cancel();
      await pages.ended;
      // The cancel may have come too late for what it was meant for.
      await wire.query({ sql: 'SELECT 1' }).catch(() => {});
    }
    if (restore !== '' && wire.state !== 'broken') {
      await wire.query({ sql: restore }).catch(() => wire.query({ sql: restore }));
    }
  } catch {
    destroy();
  }
}

/** Rows that have come and were not asked for yet. */
class Pages {
  over = false;
  /** Settles when nothing more comes. Never rejects. */
  readonly ended: Promise<void>;
  #rows: unknown[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #settled!: () => void;
  #paused = false;
  #dropping = false;

  constructor(
    private readonly batch: number,
    private readonly source: { pause(): void; resume(): void },
  ) {
    this.ended = new Promise((resolve) => (this.#settled = resolve));
  }

  readonly end = (): void => {
    this.over = true;
    this.#settled();
    this.#wake?.();
  };

  readonly fail = (error: unknown): void => {
    this.#failure = { error };
    this.end();
  };

  add(row: unknown): void {
    if (this.#dropping) return;
    this.#rows.push(row);
    if (this.#rows.length < this.batch) return;
    if (!this.#paused) {
      this.#paused = true;
      this.source.pause();
    }
    this.#wake?.();
  }

  /** Nobody wants what still comes. */
  drop(): void {
    this.#dropping = true;
    this.#rows = [];
    this.#resume();
  }

  /** The next page; an empty one at the end. */
  async next(): Promise<readonly unknown[]> {
    if (this.#rows.length < this.batch && !this.over) {
      this.#resume();
      if (this.#rows.length < this.batch && !this.over) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
      }
    }
    if (this.#failure !== undefined && this.#rows.length === 0) throw this.#failure.error;
    return this.#rows.splice(0, this.batch);
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.source.resume();
  }
}
