import { EventEmitter } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { whenClientGone } from './client-gone.js';

class Response extends EventEmitter {
  writableEnded = false;
  writableFinished: boolean | undefined = false;
  destroyed = false;
}
const contextOf = (response: unknown, type = 'http', handler: object = () => {}) =>
  ({
    getType: () => type,
    getArgByIndex: () => response,
    getHandler: () => handler,
  }) as unknown as ExecutionContext;

describe('whenClientGone', () => {
  it.each<[string, (raw: Response) => unknown]>([
    ['Express', (raw) => raw],
    ['Fastify', (raw) => ({ raw })],
  ])('tells once when the connection closes before the answer was sent (%s)', (_, wrap) => {
    const raw = new Response();
    const gone = jest.fn();
    whenClientGone(contextOf(wrap(raw)), gone);
    expect(gone).not.toHaveBeenCalled();
    raw.emit('close');
    raw.emit('close');
    expect(gone).toHaveBeenCalledTimes(1);
    expect(raw.listenerCount('close')).toBe(0);
  });

  it('tells at once of one that is gone already', () => {
    const gone = jest.fn();
    whenClientGone(contextOf(Object.assign(new Response(), { destroyed: true })), gone);
    expect(gone).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['all was sent', { writableEnded: true, writableFinished: true }, 0],
    ['it was ended, but not all was sent', { writableEnded: true }, 1],
    ['it was ended, over HTTP/2', { writableEnded: true, writableFinished: undefined }, 0],
  ])('looks at what was sent: %s', (_, state, times) => {
    const raw = Object.assign(new Response(), state);
    const gone = jest.fn();
    whenClientGone(contextOf(raw), gone);
    raw.emit('close');
    expect(gone).toHaveBeenCalledTimes(times);
  });

  it('leaves no listener when the watch is ended', () => {
    const raw = new Response();
    const gone = jest.fn();
    whenClientGone(contextOf(raw), gone)();
    raw.emit('close');
    expect(gone).not.toHaveBeenCalled();
    expect(raw.listenerCount('close')).toBe(0);
  });

  const connection = () => Object.assign(new EventEmitter(), { destroyed: false });
  const tcp = (netSocket: EventEmitter) => ({ getSocketRef: () => ({ netSocket }) });
  const res = new Response();
  const bare = Object.assign(new EventEmitter(), { readyState: 1 });
  const io = Object.assign(new EventEmitter(), { connected: true });
  const call = Object.assign(new EventEmitter(), { cancelled: false, sendMetadata: () => {} });
  const [request, link] = [connection(), connection()];
  it.each<[string, string, EventEmitter, 'close' | 'disconnect' | 'cancelled', unknown, object]>([
    ['GraphQL of Apollo on Express', 'graphql', res, 'close', { req: { res } }, { destroyed: true }],
    ['GraphQL of mercurius', 'graphql', new Response(), 'close', undefined, { destroyed: true }],
    ['GraphQL on Fastify', 'graphql', request, 'close', { req: { socket: request } }, { destroyed: true }],
    ['messages over TCP', 'rpc', link, 'close', tcp(link), { destroyed: true }],
    ['gRPC', 'rpc', call, 'cancelled', call, { cancelled: true }],
    ['a WebSocket', 'ws', bare, 'close', bare, { readyState: 3 }],
    ['Socket.IO', 'ws', io, 'disconnect', io, { connected: false }],
  ])('knows the client of %s', (_, type, emitter, event, argument, closed) => {
    const context = contextOf(argument ?? { reply: { raw: emitter } }, type);
    const tells = Array.from({ length: 20 }, () => jest.fn());
    const ends = tells.map((gone) => whenClientGone(context, gone));
    expect(emitter.listenerCount(event)).toBe(1);
    for (const end of ends.slice(10)) end();
    emitter.emit(event);
    expect(tells.map((tell) => tell.mock.calls.length)).toEqual(tells.map((__, at) => (at < 10 ? 1 : 0)));
    expect(emitter.listenerCount(event)).toBe(0);
    for (const end of ends) end();
    Object.assign(emitter, closed);
    const late = jest.fn();
    whenClientGone(context, late);
    expect(late).toHaveBeenCalledTimes(1);
  });

  it('leaves events of a microservice alone: who sends them does not wait', () => {
    const handler = () => {};
    Reflect.defineMetadata('microservices:handler_type', 2, handler);
    const socket = connection();
    whenClientGone(contextOf(tcp(socket), 'rpc', handler), jest.fn());
    expect(socket.listenerCount('close')).toBe(0);
  });

  it.each<[string, ExecutionContext]>([
    ['messages through a broker', contextOf({ getChannelRef: () => new EventEmitter() }, 'rpc')],
    ['a client of another kind', contextOf(new EventEmitter(), 'ws')],
    ['GraphQL without a request', contextOf({}, 'graphql')],
    ['other frameworks', contextOf(new Response(), 'telegraf')],
    ['a response of another kind', contextOf({})],
    ['no response', contextOf(undefined)],
  ])('is without effect for %s', (_, context) => {
    const gone = jest.fn();
    whenClientGone(context, gone)();
    expect(gone).not.toHaveBeenCalled();
  });
});
