import type { ReadReplicaRouter } from '@nest-pooling/routing';
import type { NodeTarget, ServerIdentity, SqlDriver } from '@nest-pooling/sql';
import { Acknowledged } from './acknowledged.js';
import { liveNodes, type LiveNode } from './live-nodes.js';
import type { RouterUnderTest } from './router-under-test.js';
import type { AppSetup } from './setup.js';
import type { RouterWorld } from './world.js';

/** One app instance: a router, and what it can know. */
export class App {
  readonly router: ReadReplicaRouter;
  readonly nodes: readonly LiveNode[];
  /** What it was told to have happened. */
  readonly acknowledged = new Acknowledged();
  /** Until when it has heard where the log of the present primary was. */
  heard = -Infinity;
  /** Its router was told to start. */
  started = false;
  /** Ejections from the rotation so far. */
  ejections = 0;
  /** The histories that it has seen a primary of, and since when. */
  readonly #seen: { readonly timeline: number; readonly at: number }[] = [];

  constructor(
    private readonly world: RouterWorld,
    readonly name: string,
    readonly setup: AppSetup,
    { ReadReplicaRouter: Router }: RouterUnderTest,
    targets: readonly NodeTarget[],
  ) {
    const { settings, routing, multiplex, queryTimeoutMs } = setup;
    const [primary, ...replicas] = targets;
    this.router = new Router(
      {
        name: 'shop',
        kind: 'model',
        driver: this.#watched(world.cluster.driverOf(name)),
        primary: primary!,
        replicas: replicas.map((target) => ({ target })),
        pool: settings,
        routing,
        multiplex,
        queryTimeoutMs,
        startTimeoutMs: 400,
        required: false,
      },
      world.env,
    );
    this.nodes = liveNodes(this.router);
    this.router.on('rotation', ({ node, state, reason }) => {
      world.trace.note(`${name}: ${node} is ${state}, ${reason ?? 'well'}`);
      // What was measured while something was the matter may be enough to be judged only now.
      if (state === 'ejected' && reason?.startsWith('answers took') !== true) this.ejections++;
    });
    this.router.on('primary', ({ node, epoch, timeline }) => {
      world.trace.note(`${name}: ${node} is the primary`, epoch, timeline);
      world.count('promotions seen');
    });
    this.router.on('primaryLost', ({ node }) => world.trace.note(`${name}: ${node} is lost`));
    this.router.on('alarm', ({ node, why }) => {
      world.trace.note(`${name}: alarm, ${node} is ${why}`);
      world.count(`alarm: ${why}`);
    });
  }

  /** Settles when every node was asked once. */
  async start(): Promise<void> {
    this.started = true;
    await this.world.env.until(this.router.start());
  }

  /** The newest history that it had seen before this moment. */
  get seen(): number {
    const { now } = this.world;
    return this.#seen.findLast(({ at }) => at < now)?.timeline ?? 1;
  }

  /** The primary that it takes for it now, if it is in rotation. */
  get primary(): string | undefined {
    return this.nodes.find(({ takesWrites, admits }) => takesWrites && admits)?.id;
  }

  #sees({ role, timeline }: ServerIdentity): void {
    if (role !== 'primary' || timeline <= (this.#seen.at(-1)?.timeline ?? 1)) return;
    this.#seen.push({ timeline, at: this.world.now });
  }

  /** The driver, and what goes through it. */
  #watched(driver: SqlDriver): SqlDriver {
    const { world } = this;
    return {
      ...driver,
      connect: async (target, lane, env, signal) => {
        const session = await driver.connect(target, lane, env, signal);
        // Whoever opens a session to probe it asks right after that.
        if (lane !== 'probe') this.#sees(session.identity);
        const probe = session.probe.bind(session);
        session.probe = async () => {
          const asked = world.now;
          const result = await probe();
          this.#sees(result);
          if (target.id === world.operator.primary && result.role === 'primary') this.heard = asked;
          return result;
        };
        return session;
      },
    };
  }
}
