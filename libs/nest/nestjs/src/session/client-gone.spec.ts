import { EventEmitter } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { whenClientGone } from './client-gone.js';

class Response extends EventEmitter {
  writableEnded = false;
  writableFinished: boolean | undefined = false;
  destroyed = false;
}
const contextOf = (response: unknown, type = 'http') =>
  ({ getType: () => type, getArgByIndex: () => response }) as unknown as ExecutionContext;

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

  it.each<[string, ExecutionContext]>([
    ['messages', contextOf(new Response(), 'rpc')],
    ['a response of another kind', contextOf({})],
    ['no response', contextOf(undefined)],
  ])('is without effect for %s', (_, context) => {
    const gone = jest.fn();
    whenClientGone(context, gone)();
    expect(gone).not.toHaveBeenCalled();
  });
});
