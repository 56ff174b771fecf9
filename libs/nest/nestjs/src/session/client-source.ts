import type { ExecutionContext } from '@nestjs/common';
import type { EventEmitter } from 'node:events';
import { isGrpcCall } from '../errors/grpc-failure.js';

/** What tells that the client of a call goes away. */
export interface ClientSource {
  readonly emitter: EventEmitter;
  /** The event that it tells it by. */
  readonly event: 'close' | 'disconnect' | 'cancelled';
  /** It is gone already. */
  readonly closed: () => boolean;
  /** It has its answer, so that its going says nothing. A connection that carries many calls cannot tell. */
  readonly answered: () => boolean;
}

// Nest's own key and number for a handler of `@EventPattern`, from a package that need not be installed.
const HANDLER_TYPE = 'microservices:handler_type';
const EVENT = 2;

/** Finds it, whatever the transport; `undefined` where there is none. */
export function sourceOf(context: ExecutionContext): ClientSource | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return responseSource(context.getArgByIndex(1));
    case 'graphql':
      return graphqlSource(context.getArgByIndex(2));
    case 'ws':
      return webSocketSource(context.getArgByIndex(0));
    case 'rpc':
      // Who sends an event does not wait for what becomes of it.
      if (Reflect.getMetadata(HANDLER_TYPE, context.getHandler()) === EVENT) return undefined;
      return grpcSource(context.getArgByIndex(2)) ?? tcpSource(context.getArgByIndex(1));
    default:
      return undefined;
  }
}

/** What is needed of Node's response, which Express hands out itself and Fastify within its reply. */
interface RawResponse extends EventEmitter {
  /** Everything was sent. HTTP/2 does not tell; there the end of the answer has to do. */
  readonly writableFinished?: boolean;
  readonly writableEnded: boolean;
  readonly destroyed?: boolean;
}

function responseSource(response: unknown): ClientSource | undefined {
  const raw = fieldOf(response, 'raw') ?? response;
  if (!isEmitter(raw) || typeof fieldOf(raw, 'writableEnded') !== 'boolean') return undefined;
  const emitter = raw as RawResponse;
  return {
    emitter,
    event: 'close',
    closed: () => emitter.destroyed === true,
    answered: () => emitter.writableFinished ?? emitter.writableEnded,
  };
}

/** The servers put into the context of their resolvers what they like: mercurius the reply, Apollo on Express the request. */
function graphqlSource(context: unknown): ClientSource | undefined {
  const request = fieldOf(context, 'req');
  return (
    responseSource(fieldOf(context, 'reply')) ??
    responseSource(fieldOf(context, 'res')) ??
    responseSource(fieldOf(request, 'res')) ??
    // Fastify's request does not know its reply, but its connection.
    connectionSource(fieldOf(request, 'socket'))
  );
}

function webSocketSource(client: unknown): ClientSource | undefined {
  if (!isEmitter(client)) return undefined;
  const state = (): unknown => fieldOf(client, 'readyState');
  if (typeof state() === 'number')
    return { emitter: client, event: 'close', closed: () => Number(state()) > 1, answered: never };
  if (typeof fieldOf(client, 'connected') !== 'boolean') return undefined;
  // Socket.IO.
  const closed = (): boolean => fieldOf(client, 'connected') === false;
  return { emitter: client, event: 'disconnect', closed, answered: never };
}

/** Each call knows itself whether its client has cancelled it, or does not wait any longer. */
function grpcSource(call: unknown): ClientSource | undefined {
  if (!isGrpcCall(call) || !isEmitter(call)) return undefined;
  const closed = (): boolean => fieldOf(call, 'cancelled') === true;
  return { emitter: call, event: 'cancelled', closed, answered: never };
}

/** Of the other microservice transports TCP alone has a connection to its client; the others have one to a broker. */
function tcpSource(context: unknown): ClientSource | undefined {
  if (typeof fieldOf(context, 'getSocketRef') !== 'function') return undefined;
  const socket = (context as { getSocketRef(): unknown }).getSocketRef();
  return connectionSource(fieldOf(socket, 'netSocket') ?? fieldOf(socket, 'socket'));
}

function connectionSource(socket: unknown): ClientSource | undefined {
  if (!isEmitter(socket) || typeof fieldOf(socket, 'destroyed') !== 'boolean') return undefined;
  return {
    emitter: socket,
    event: 'close',
    closed: () => fieldOf(socket, 'destroyed') === true,
    answered: never,
  };
}

const never = (): boolean => false;

function fieldOf(value: unknown, field: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  return (value as Record<string, unknown>)[field];
}

function isEmitter(value: unknown): value is EventEmitter {
  return (
    typeof fieldOf(value, 'once') === 'function' && typeof fieldOf(value, 'removeListener') === 'function'
  );
}
