import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { inTransaction, lazyTransaction, SqlPool } from '@nest-pooling/sql';
import { from, mergeAll, Observable, type Subscription } from 'rxjs';
import { ClientGoneError } from '../errors/session-errors.js';
import { PoolFaceError, UnknownPoolError } from '../errors/wiring-errors.js';
import { joinHooks, withHooks } from '../method/transaction-hooks.js';
import { containerEnv } from '../module/registration.js';
import { PoolDirectory } from '../registry/pool-directory.js';
import { TenantSqlPool } from '../tenants/tenant-sql-pool.js';
import { whenClientGone } from './client-gone.js';
import { sessionOf, sessionsIn, type SessionHandler } from './session-route.js';

/** Where it stands at a controller, at its method and for all, a call is intercepted more than once. */
const entered = new WeakSet<ExecutionContext>();

/**
 * Gives each call of a handler under `@SessionPerRequest` a transaction, which the decorator says more about. The decorator brings it along;
 * registered as a global interceptor it leaves other handlers alone. What runs in interceptors around it, in guards and while a
 * stream is sent is outside of the transaction.
 */
@Injectable()
export class SessionPerRequestInterceptor implements NestInterceptor, OnModuleInit {
  readonly #container: ModulesContainer;
  readonly #directory: PoolDirectory;

  /** Made by Nest. */
  constructor(container: ModulesContainer, directory: PoolDirectory) {
    this.#container = container;
    this.#directory = directory;
  }

  /** Refuses names that no registration knows, pools that know no SQL, and handlers that answer by themselves, at boot. */
  onModuleInit(): void {
    for (const session of sessionsIn(this.#container)) {
      const known = this.#directory.names();
      const { pool, label } = session;
      if (!known.includes(pool)) {
        throw new UnknownPoolError(pool, known, `${label} is under @SessionPerRequest('${pool}'). `);
      }
      this.#poolOf(session);
    }
  }

  /** Answers when the transaction has been committed. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const session = sessionOf(context.getClass(), context.getHandler());
    if (session === undefined || entered.has(context)) return next.handle();
    entered.add(context);
    return new Observable((subscriber) => {
      const leaving = new AbortController();
      let handler: Subscription | undefined;
      let leave: (() => void) | undefined;
      const endWatch = whenClientGone(context, () => leaving.abort(new ClientGoneError()));
      const work = (): Promise<unknown[]> =>
        new Promise((resolve, reject) => {
          const values: unknown[] = [];
          leave = () => reject(new ClientGoneError());
          handler = next.handle().subscribe({
            next: (value) => values.push(value),
            error: reject,
            complete: () => resolve(values),
          });
        });
      const answer = from(this.#run(session, work, leaving.signal).finally(endWatch)).pipe(mergeAll());
      const answering = answer.subscribe(subscriber);
      return () => {
        answering.unsubscribe();
        endWatch();
        // Whoever waited for it does not any more: a timeout further out, for instance.
        leaving.abort(new ClientGoneError());
        handler?.unsubscribe();
        leave?.();
      };
    });
  }

  async #run<R>(session: SessionHandler, work: () => Promise<R>, signal: AbortSignal): Promise<R> {
    const { label, options } = session;
    const env = containerEnv(this.#container);
    const within = (pool: SqlPool): Promise<R> => {
      if (inTransaction(pool)) return joinHooks(pool, work);
      return withHooks(
        pool,
        false,
        (attempt) => lazyTransaction(pool, attempt, { label, ...options, signal }, env),
        work,
      );
    };
    const pool = this.#poolOf(session);
    // The one of the tenant, which stays open for as long as that.
    return pool instanceof TenantSqlPool ? pool.tenants.useCurrent(within) : within(pool);
  }

  #poolOf({ pool, label }: SessionHandler): SqlPool {
    const { face } = this.#directory.find(pool);
    if (face instanceof SqlPool) return face;
    const [className = label, method = label] = label.split('.');
    const decorator = '@SessionPerRequest';
    const place = { className, member: `${decorator} of ${method}`, decorator };
    throw new PoolFaceError(pool, place, SqlPool.name, face.constructor.name, false);
  }
}
