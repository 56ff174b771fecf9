import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PoolingError } from '@nest-pooling/core';
import { throwError, type Observable } from 'rxjs';
import { problemOf, retryAfterSeconds, type PoolingProblem } from './problem.js';

/**
 * Answers every `PoolingError` that a handler lets through, by its category: unavailable 503 with `Retry-After`,
 * timeout 504, conflict 409, the rest 500; over HTTP through the adapter, so on Express and Fastify alike, and
 * over RPC, WebSockets and GraphQL in the shape that each of them expects (a body where HTTP has a header).
 * `PoolingModule` registers it for the whole application unless `exceptionFilter: false`.
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
    if (problem.statusCode === 500) this.#logger.error(error);
    // Overload makes these by the thousand: a line each would make it worse.
    else this.#logger.debug(`${error.name} (${error.code})`);
    switch (host.getType<string>()) {
      case 'http':
        return this.#http(error, problem, host);
      case 'rpc':
        // What the filter emits is what the transport sends, as with an RpcException.
        return throwError(() => messageOf(error, problem));
      case 'ws':
        return emit(host, messageOf(error, problem));
      default:
        throw new HttpException(messageOf(error, problem), problem.statusCode, { cause: error });
    }
  }

  #http(error: PoolingError, problem: PoolingProblem, host: ArgumentsHost): void {
    const { httpAdapter } = this.#host;
    const response: unknown = host.getArgByIndex(1);
    if (httpAdapter.isHeadersSent(response)) return void httpAdapter.end(response);
    const seconds = retryAfterSeconds(error);
    if (seconds !== undefined) httpAdapter.setHeader(response, 'Retry-After', String(seconds));
    httpAdapter.reply(response, problem, problem.statusCode);
  }
}

/** The problem with what HTTP says in a header, for transports that have none. */
function messageOf(error: PoolingError, problem: PoolingProblem): object {
  const seconds = retryAfterSeconds(error);
  return { status: 'error', ...problem, ...(seconds === undefined ? {} : { retryAfterMs: seconds * 1_000 }) };
}

/** Sends an `exception` event, as Nest does for a WsException: over Socket.IO, or as JSON over a bare WebSocket. */
function emit(host: ArgumentsHost, message: object): void {
  const client = host.switchToWs().getClient<{
    readyState?: unknown;
    send?: (text: string) => void;
    emit?: (event: string, message: object) => void;
  }>();
  if (typeof client.readyState === 'number')
    client.send?.(JSON.stringify({ event: 'exception', data: message }));
  else client.emit?.('exception', message);
}
