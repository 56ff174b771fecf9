import type { Statement } from '@nest-pooling/sql';
import type { CancelFate, ConnectFate, ModelFates, StatementFate } from '@nest-pooling/sql/testing';
import { callOf } from './call.js';
import type { SqlWorld } from './world.js';

const CONNECTS: readonly ConnectFate[] = ['refused', 'refused', 'overload', 'auth', 'lost', 'hangs'];
/** What a server may say to any statement. */
const ERRORS = ['constraint', 'conflict', 'resource', 'syntax', 'overload', 'timeout', 'cancelled'];
/** What a session is asked after a cancel. */
const BARRIER = 'SELECT 1';
/** Of all that may go wrong with a statement. */
const HANGS_AT = 0.58;
/** Longer than anybody lets a statement run. */
const FOR_EVER_MS = 60_000;

/** Decides what goes wrong on the server; how often, changes like the weather. */
export class Weather implements ModelFates {
  /** How likely a piece of work goes wrong. */
  faultiness = 0;
  /** When which error was last given to a statement that belongs to no call. */
  readonly #given = new Map<string, number>();

  constructor(private readonly world: SqlWorld) {}

  connect(): ConnectFate {
    if (!this.#bad(1)) return 'works';
    return this.world.otherDice.pick(CONNECTS);
  }

  execute(_server: unknown, statement: Statement): StatementFate | undefined {
    if (!this.#bad(0.3)) return undefined;
    const { otherDice: dice, setup } = this.world;
    // Hardly ever there, so that they had better hang when it is their turn.
    const hangs = statement.text === BARRIER || (statement.text === 'commit' && setup.proxied);
    const at = hangs ? HANGS_AT : dice.next();
    if (at < 0.35) return { error: this.#error(statement) };
    if (at < 0.55) return { ms: dice.pick([8, 30, 200]) };
    if (at < 0.6) {
      this.world.losses.hangs(this.world.now + this.world.statementMs);
      return { ms: FOR_EVER_MS };
    }
    if (at < 0.85) return { loss: dice.pick(['before', 'after', 'after']) };
    if (statement.name === undefined) return { ms: 12 };
    // Once it is sent again; twice it is told.
    this.#give('forgotten', statement);
    return { forgotten: true };
  }

  cancel(): CancelFate | undefined {
    const { otherDice: dice, server } = this.world;
    const fails = this.#bad(1);
    // A pipe whose head cannot be cancelled is cut.
    if (fails || server.state !== 'up') this.world.spoilt++;
    if (fails) return { fails };
    // Between two messages of a statement it hits nothing.
    if (this.#bad(0.5)) return { misses: true };
    // Not later than whatever is sent when the server has been told.
    return { lagMs: dice.chance(0.5) ? 0 : dice.next() * server.wayMs };
  }

  /** Such an error was given to somebody's BEGIN or SAVEPOINT since then. */
  gaveSince(code: string, moment: number): boolean {
    return (this.#given.get(code) ?? -1) >= moment;
  }

  #bad(share: number): boolean {
    const { otherDice: dice } = this.world;
    if (this.faultiness === 0 || !dice.chance(this.faultiness * share)) return false;
    this.world.faults++;
    return true;
  }

  #error(statement: Statement): string {
    const code = this.world.otherDice.pick(ERRORS);
    this.#give(code, statement);
    return code;
  }

  #give(code: string, { params }: Statement): void {
    const { world } = this;
    const seq = callOf(params);
    if (seq === undefined) this.#given.set(code, world.now);
    else world.calls.get(seq)!.injected.add(code);
  }
}
