import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { runWithSignal } from '@nest-pooling/core';
import { Observable } from 'rxjs';
import { ClientGoneError } from '../errors/session-errors.js';
import { whenClientGone } from './client-gone.js';

/**
 * Gives up what runs for a client that went away: in the flow of the handler every wait for a resource ends, and every statement is cancelled
 * on its server, when the connection of the call closes before it was answered, or an interceptor further out gives up (a timeout).
 * A transaction is rolled back; one whose COMMIT was sent is not touched. Register it for a controller, or for all:
 *
 * ```ts
 * { provide: APP_INTERCEPTOR, useClass: ClientAbortInterceptor }
 * ```
 *
 * For HTTP on Express and Fastify, GraphQL over either, and messages over TCP and gRPC; for WebSockets and Socket.IO too, at whose gateways it has
 * to stand (`@UseInterceptors`), since Nest leaves global interceptors out there. Who sends events to a microservice, or messages through a
 * broker, is not watched. What must happen all the same, a charge that was begun for instance, does not belong under it. What still runs
 * when the handler has answered is no longer concerned.
 */
@Injectable()
export class ClientAbortInterceptor implements NestInterceptor {
  /** Calls the handler in a flow that ends with its client. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return new Observable((subscriber) => {
      const leaving = new AbortController();
      const gone = (): void => leaving.abort(new ClientGoneError());
      const endWatch = whenClientGone(context, gone);
      let ended = false;
      const end = (): void => {
        ended = true;
        endWatch();
      };
      const handler = runWithSignal(leaving.signal, () =>
        next.handle().subscribe({
          next: (value) => subscriber.next(value),
          error: (error: unknown) => {
            end();
            subscriber.error(error);
          },
          complete: () => {
            end();
            subscriber.complete();
          },
        }),
      );
      return () => {
        if (!ended) gone();
        end();
        handler.unsubscribe();
      };
    });
  }
}
