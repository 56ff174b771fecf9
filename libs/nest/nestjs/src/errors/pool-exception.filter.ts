import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PoolingError } from '@nest-pooling/core';
import { throwError, type Observable } from 'rxjs';
import { failureMessageOf, GraphqlFailure, type PoolingFailureMessage } from './failure-messages.js';
import { grpcFailureOf, isGrpcCall } from './grpc-failure.js';
import { problemOf, retryAfterSeconds, type PoolingProblem } from './problem.js';

/**
 * Answers every `PoolingError` that a handler lets through, by its category: unavailable 503 with `Retry-After`,
 * timeout 504, conflict 409, the rest 500. In none is any text of a server, of the error or of its cause.
 *
 * - HTTP, on Express and Fastify: `application/problem+json`, see {@link PoolingProblem}
 * - messages (RPC): the object that a client gets as the error of its call, see {@link PoolingFailureMessage}
 *   over gRPC a status (UNAVAILABLE, DEADLINE_EXCEEDED, ABORTED, CANCELLED, INTERNAL) with the code in the trailer `error-code`
 * - WebSockets: the same as an event `exception`, with the message that it is about, as for a `WsException`
 * - GraphQL: an entry of `errors` whose `extensions` have `code`, `status` and `retryAfterMs`
 *
 * `PoolingModule` registers it for the whole application unless `exceptionFilter: false`. A hybrid application hands it to its microservices
 * only when they are connected with `inheritAppConfig: true`.
 */
@Catch(PoolingError)
export class PoolExceptionFilter implements ExceptionFilter<PoolingError> {
  readonly #logger = new Logger('PoolExceptionFilter');
  readonly #host: HttpAdapterHost;

  /** Made by Nest. */
  constructor(host: HttpAdapterHost) {
    this.#host = host;
  }

  /** Answers the client; logs what only a change of the program can mend. */
  catch(error: PoolingError, host: ArgumentsHost): Observable<never> | void {
    const problem = problemOf(error);
    if (problem.status === 500) this.#logger.error(error);
    // Overload makes these by the thousand: a line each would make it worse.
    else this.#logger.debug(`${error.name} (${error.code})`);
    switch (host.getType<string>()) {
      case 'http':
        return this.#http(error, problem, host);
      case 'rpc':
        // What the filter emits is what the transport sends, as with an RpcException.
        return throwError(() =>
          isGrpcCall(host.getArgByIndex(2)) ? grpcFailureOf(error, host) : failureMessageOf(error),
        );
      case 'ws':
        return emit(host, failureMessageOf(error));
      case 'graphql':
        throw GraphqlFailure.of(error);
      default:
        // What other frameworks bring along knows at least this one.
        throw new HttpException(failureMessageOf(error), problem.status, { cause: error });
    }
  }

  #http(error: PoolingError, problem: PoolingProblem, host: ArgumentsHost): void {
    const { httpAdapter } = this.#host;
    const response: unknown = host.getArgByIndex(1);
    if (httpAdapter.isHeadersSent(response)) return void httpAdapter.end(response);
    const seconds = retryAfterSeconds(error);
    if (seconds !== undefined) httpAdapter.setHeader(response, 'Retry-After', String(seconds));
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json');
    // As text: for an object Nest 11 would put its own content type there.
    httpAdapter.reply(response, JSON.stringify(problem), problem.status);
  }
}

/** Sends an `exception` event, as Nest does for a WsException: over Socket.IO, or as JSON over a bare WebSocket. */
function emit(host: ArgumentsHost, message: PoolingFailureMessage): void {
  const ws = host.switchToWs();
  const client = ws.getClient<{
    readyState?: unknown;
    send?: (text: string) => void;
    emit?: (event: string, message: object) => void;
  }>();
  // Many messages are under way on one connection: without its own back the client would not know which one failed.
  const answer = { ...message, cause: { pattern: ws.getPattern(), data: ws.getData<unknown>() } };
  if (typeof client.readyState === 'number')
    client.send?.(JSON.stringify({ event: 'exception', data: answer }));
  else client.emit?.('exception', answer);
}
