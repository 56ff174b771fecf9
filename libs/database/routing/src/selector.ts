import type { BalancingStrategy, StrategyChoice } from '@nest-pooling/balancing';
import type { Leadership } from './leadership.js';
import type { RouterNode } from './router-node.js';

/** Knows which nodes may serve reads, and chooses among them. */
export class Selector {
  /** All nodes that may be read but the primary. */
  replicas: readonly RouterNode[] = [];
  /** The replicas in rotation. Made anew when that changes, so that choosing allocates nothing. */
  #readable: readonly RouterNode[] = [];
  readonly #strategies = new Map<StrategyChoice, BalancingStrategy>();
  #strategy: BalancingStrategy;

  constructor(
    private readonly nodes: readonly RouterNode[],
    private readonly leadership: Pick<Leadership, 'primary'>,
    strategy: StrategyChoice,
    private readonly fallbackToPrimary: boolean,
    private readonly make: (choice: StrategyChoice) => BalancingStrategy,
  ) {
    this.refresh();
    this.#strategy = this.strategy(strategy);
  }

  /** Where writes go now. */
  get primary(): RouterNode | undefined {
    return this.leadership.primary;
  }

  /** The strategy of calls that name none. */
  get usual(): BalancingStrategy {
    return this.#strategy;
  }

  /** Makes `choice` the strategy of calls that name none. Throws an `UnknownStrategyError`. */
  choose(choice: StrategyChoice): void {
    this.#strategy = this.strategy(choice);
  }

  /** The replicas in rotation. */
  get readable(): readonly RouterNode[] {
    return this.#readable;
  }

  /** Whether reads may go to the primary that a replica cannot serve. */
  get fallsBack(): boolean {
    return this.fallbackToPrimary;
  }

  /** Chooses among `nodes`. */
  among(nodes: readonly RouterNode[], strategy: BalancingStrategy = this.#strategy): RouterNode | undefined {
    return strategy.pick(nodes);
  }

  /** What is remembered of a node holds no longer. */
  forget(node: RouterNode): void {
    for (const strategy of this.#strategies.values()) strategy.forget?.(node);
  }

  /** The strategy of that name, with its memory. Throws an `UnknownStrategyError`. */
  strategy(choice: StrategyChoice): BalancingStrategy {
    let strategy = this.#strategies.get(choice);
    if (strategy === undefined) this.#strategies.set(choice, (strategy = this.make(choice)));
    return strategy;
  }

  /** A node's health or role changed. */
  refresh(): void {
    const { primary } = this;
    this.replicas = this.nodes.filter((node) => node !== primary && node.exclusion === undefined);
    this.#readable = this.replicas.filter((node) => node.health.admits);
  }

  /** The node for a read's first attempt. */
  first(strategy: BalancingStrategy = this.#strategy): RouterNode | undefined {
    return strategy.pick(this.#readable) ?? this.#lastResort([]);
  }

  /** The node for another attempt. */
  next(tried: readonly RouterNode[], strategy: BalancingStrategy = this.#strategy): RouterNode | undefined {
    const others = this.#readable.filter((node) => !tried.includes(node));
    return strategy.pick(others) ?? this.#lastResort(tried);
  }

  /**
   * The primary; should that be out of rotation too, whoever was not tried yet and answers probes, then whoever was not tried: it costs
   * nothing but an error.
   */
  #lastResort(tried: readonly RouterNode[]): RouterNode | undefined {
    const { primary } = this;
    const may =
      this.fallbackToPrimary && primary !== undefined && !tried.includes(primary) ? primary : undefined;
    if (may?.health.admits) return may;
    const others = this.replicas.filter((node) => !tried.includes(node));
    return others.find(({ suspect }) => suspect) ?? (may?.suspect ? may : (others[0] ?? may));
  }
}
