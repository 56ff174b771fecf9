import { HttpException } from '@nestjs/common';
import { PoolingError } from '@nest-pooling/core';

/**
 * What an error that a handler lets through says about the health of what stands behind the route. A 4xx is the
 * client's doing; an error of ours that is neither `unavailable` nor `timeout` is the program's, the caller's or an
 * answer of a server that works (a constraint): none of them may open the breaker. Everything else counts.
 */
export function classifyRouteError(error: unknown): 'failure' | 'neutral' {
  if (error instanceof HttpException) return error.getStatus() < 500 ? 'neutral' : 'failure';
  if (error instanceof PoolingError) {
    return error.category === 'unavailable' || error.category === 'timeout' ? 'failure' : 'neutral';
  }
  return 'failure';
}
