import type { IncomingMessage } from 'node:http';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { InjectRouter } from '@nest-pooling/nestjs';
import { ReadReplicaRouter, RoutingError } from '@nest-pooling/routing';
import type { HttpAnswer } from '../http/served-by.js';
import { from, lastValueFrom, type Observable } from 'rxjs';

/** Carries what a client must see from one of its requests to the next, whichever instance of the shop serves that. */
export const TOKEN_HEADER = 'X-Consistency-Token';

/**
 * Every request is a caller of its own: its reads see what it has written, and what the token stands for that it brought along. The answer
 * has the token for the next request.
 */
@Injectable()
export class ReadYourWritesInterceptor implements NestInterceptor {
  constructor(@InjectRouter('orders') private readonly orders: ReadReplicaRouter) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const http = context.switchToHttp();
    const token = http.getRequest<IncomingMessage>().headers[TOKEN_HEADER.toLowerCase()];
    const handled = this.orders.runWithToken(typeof token === 'string' ? token : undefined, async () => {
      const answer = await lastValueFrom(next.handle());
      await this.#hand(http.getResponse<HttpAnswer>());
      return answer;
    });
    return from(handled);
  }

  async #hand(response: HttpAnswer): Promise<void> {
    try {
      const token = await this.orders.token();
      if (token !== undefined) response.header(TOKEN_HEADER, token);
    } catch (error) {
      // The primary is gone since it has written. What was written stands, so that the answer is what it is.
      if (!(error instanceof RoutingError)) throw error;
    }
  }
}
