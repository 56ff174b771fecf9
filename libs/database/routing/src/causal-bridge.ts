import type { Env } from '@nest-pooling/core';
import type { Position, SqlDriver } from '@nest-pooling/sql';
import { causalScope, runInCausalScope } from './causal-scope.js';
import { CausalTokens, type TokenProblem } from './causal-token.js';
import { PositionUnknownError, TokensOffError } from './consistency-errors.js';
import type { TokenOptions } from './consistency-options.js';
import type { ReadConsistency } from './read-consistency.js';
import type { Selector } from './selector.js';

const MAX_AGE_MS = 600_000;

/** Takes what a caller must see from one request, message or app instance to the next. */
export class CausalBridge {
  readonly #codec: CausalTokens | undefined;

  constructor(
    private readonly name: string,
    private readonly selector: Selector,
    private readonly consistency: ReadConsistency,
    private readonly options: TokenOptions | undefined,
    private readonly driver: SqlDriver,
    env: Env,
  ) {
    if (options === undefined) return;
    const { keys, maxAgeMs = MAX_AGE_MS } = options;
    this.#codec = new CausalTokens(name, keys, maxAgeMs, () => env.scheduler.wallMs());
  }

  async token(): Promise<string | undefined> {
    const codec = this.#codec;
    if (codec === undefined) throw new TokensOffError(this.name);
    const { book, question } = this.consistency;
    const { writes, want } = this.consistency.caused();
    const carried = want?.position === undefined ? undefined : book.today(want.position);
    if (writes === 0) return carried === undefined ? undefined : codec.encode(carried);
    const moment = { ms: -Infinity, writes };
    if (book.samples.covering(moment) === undefined) await question.ask();
    const written = book.samples.covering(moment)?.position;
    if (written === undefined) throw new PositionUnknownError(this.name, this.selector.primary?.id);
    return codec.encode(carried !== undefined && this.#isBefore(written, carried) ? carried : written);
  }

  run<R>(token: string | undefined, work: () => R): R {
    const codec = this.#codec;
    if (codec === undefined) throw new TokensOffError(this.name);
    return runInCausalScope(() => {
      if (token !== undefined && token !== '') this.#take(codec.decode(token));
      return work();
    });
  }

  #take(decoded: Position | TokenProblem): void {
    const problem = typeof decoded === 'string' ? decoded : this.#foreign(decoded);
    const scope = causalScope();
    if (problem === undefined) scope?.expect(this.consistency, decoded as Position);
    else {
      if (this.options?.onInvalid === 'primary') scope?.expect(this.consistency, undefined);
      this.options?.onRejected?.(problem);
    }
  }

  /** Signed by us, but the database was replaced by another one since. */
  #foreign({ systemId }: Position): TokenProblem | undefined {
    const { base } = this.consistency.book.samples;
    return base === undefined || base.systemId === systemId ? undefined : 'foreign';
  }

  #isBefore(a: Position, b: Position): boolean {
    // What is written in a history that others have left already is as good as lost: it must not hide what they wrote after it.
    if (a.systemId === b.systemId && a.timeline < b.timeline) return true;
    return this.driver.compare(a, b) === 'behind';
  }
}
