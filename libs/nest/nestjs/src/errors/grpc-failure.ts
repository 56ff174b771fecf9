import type { ArgumentsHost } from '@nestjs/common';
import type { ErrorCategory, PoolingError } from '@nest-pooling/core';
import { failureMessageOf } from './failure-messages.js';

/** The numbers of gRPC: UNAVAILABLE, DEADLINE_EXCEEDED, ABORTED, CANCELLED, INTERNAL. */
const STATUS: Readonly<Record<ErrorCategory, number>> = {
  unavailable: 14,
  timeout: 4,
  conflict: 10,
  cancelled: 1,
  failed: 13,
  misuse: 13,
};

/** The trailers of a call, as far as they are needed here. */
interface Trailers {
  set(key: string, value: string): void;
}

/** What a gRPC server makes the status of a call of. */
export interface GrpcFailure {
  /** The status. */
  readonly code: number;
  /** One sentence for humans, the same for every error of a category. */
  readonly details: string;
  /** Trailers: `error-code` is the stable code, `retry-after-ms` says when to come again. */
  readonly metadata?: Trailers;
}

/** Whether a handler of a microservice was given this as the call of gRPC that it serves. */
export function isGrpcCall(call: unknown): call is object {
  return (
    typeof call === 'object' &&
    call !== null &&
    typeof (call as { sendMetadata?: unknown }).sendMetadata === 'function'
  );
}

/** A call of gRPC has a status and trailers; an object of another shape would become the status UNKNOWN. */
export function grpcFailureOf(error: PoolingError, host: ArgumentsHost): GrpcFailure {
  const { code, message, retryAfterMs } = failureMessageOf(error);
  const status = { code: STATUS[error.category] ?? STATUS.failed, details: message };
  const Metadata = metadataClassOf(host.getArgByIndex(1));
  if (Metadata === undefined) return status;
  const metadata = new Metadata();
  metadata.set('error-code', code);
  if (retryAfterMs !== undefined) metadata.set('retry-after-ms', String(retryAfterMs));
  return { ...status, metadata };
}

/** The class of the metadata that came with the call: of a package that need not be installed. */
function metadataClassOf(metadata: unknown): (new () => Trailers) | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  if (typeof (metadata as Partial<Trailers>).set !== 'function') return undefined;
  return metadata.constructor as new () => Trailers;
}
