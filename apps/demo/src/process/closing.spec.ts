import { describe, expect, it } from '@jest/globals';
import { Closing } from './closing.js';

describe('Closing', () => {
  it('closes in the opposite order, each once, whatever fails', async () => {
    const closed: string[] = [];
    const closing = new Closing();
    closing.add('servers', async () => void closed.push('servers'));
    closing.add('broken', () => Promise.reject(new Error('stuck')));
    closing.add('app', async () => {
      await Promise.resolve();
      closed.push('app');
    });
    await closing.run();
    await closing.run();
    expect(closed).toEqual(['app', 'servers']);
  });
});
