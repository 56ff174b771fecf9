import { describe, expect, it } from '@jest/globals';
import { Listeners } from './listeners.js';

interface Events {
  readonly rose: number;
  readonly fell: string;
}

describe('Listeners', () => {
  it('hear what they listen for, each as often as it was added, until they are removed', () => {
    const listeners = new Listeners<Events>();
    const heard: unknown[] = [];
    const listener = (event: unknown): void => void heard.push(event);
    const remove = listeners.on('rose', listener);
    listeners.on('rose', listener);
    listeners.emit('rose', 1);
    listeners.emit('fell', 'x');
    expect(heard).toEqual([1, 1]);
    remove();
    remove();
    listeners.emit('rose', 2);
    expect(heard).toEqual([1, 1, 2]);
    expect([listeners.has('rose'), listeners.has('fell')]).toEqual([true, false]);
  });

  it('that throw or go away meanwhile disturb nobody', () => {
    const listeners = new Listeners<Events>();
    const heard: string[] = [];
    listeners.on('fell', () => {
      throw new Error('broken');
    });
    const remove = listeners.on('fell', () => {
      remove();
      heard.push('once');
    });
    listeners.on('fell', () => void heard.push('always'));
    listeners.emit('fell', '');
    listeners.emit('fell', '');
    expect(heard).toEqual(['once', 'always', 'always']);
  });
});
