import { describe, expect, it } from '@jest/globals';
import type { ServerIdentity } from '@nest-pooling/sql';
import { fleet, says } from './topology.fixture.js';
import { Topology } from './topology.js';

describe('a topology of servers with timelines', () => {
  it('believes its configuration until a server says something', () => {
    const { a, b, topology, heard } = fleet();
    expect(topology.primary).toBe(a);
    expect(topology.writable).toBe(true);
    topology.observe(b, says('replica'));
    topology.observe(a, says('primary'));
    expect(topology).toMatchObject({ primary: a, timeline: 1, systemId: 'one', epoch: 1, writable: true });
    expect(heard).toEqual([]);
  });

  it('a promoted replica is the primary, and the old one is fenced, dead or alive, until it follows', () => {
    const { a, b, topology, heard } = fleet();
    topology.observe(a, says('primary'));
    topology.missed(a);
    expect(topology.writable).toBe(false);
    topology.observe(b, says('primary', 2));
    expect(topology).toMatchObject({ primary: b, timeline: 2, epoch: 2, writable: true });
    expect(topology.exclusion(a)).toBe('old-primary');
    topology.observe(a, says('primary'));
    topology.observe(a, says('primary'));
    expect(topology.refusal(a, says('primary'), true)).toContain('timeline 1, the newest is 2');
    topology.observe(a, says('replica', 2));
    expect(topology.exclusion(a)).toBeUndefined();
    expect(heard).toEqual(['a -> b in 2', 'out a: old-primary', 'in a']);
    topology.observe(a, says('primary', 3));
    expect(topology.primary).toBe(a);
  });

  it('the configuration may be wrong, or of yesterday', () => {
    const { a, b, topology, heard } = fleet();
    topology.observe(a, says('replica', 2));
    expect(topology.primary).toBeUndefined();
    expect(topology.writable).toBe(false);
    topology.observe(b, says('primary', 2));
    expect(topology.primary).toBe(b);
    expect(heard).toEqual(['lost a', 'nobody -> b in 2']);
  });

  it('an old primary that answers first is left as soon as the new one answers', () => {
    const { a, b, topology, heard } = fleet();
    topology.observe(a, says('primary', 1));
    topology.observe(b, says('primary', 2));
    expect(topology.primary).toBe(b);
    expect(heard).toEqual(['a -> b in 2', 'out a: old-primary']);
  });

  it('two on the same timeline are a tie: nobody is written to until one gives in', () => {
    const { a, b, c, topology, heard } = fleet();
    topology.observe(a, says('primary'));
    topology.observe(b, says('primary'));
    topology.observe(b, says('primary'));
    expect(topology).toMatchObject({ primary: a, rival: b, writable: false });
    // Even if the first is silent: it may only be silent for us.
    topology.missed(a);
    topology.observe(b, says('primary'));
    expect(topology.primary).toBe(a);
    topology.observe(a, says('primary'));
    topology.observe(b, says('replica'));
    expect(topology.writable).toBe(true);
    topology.observe(c, says('primary'));
    topology.missed(c);
    topology.observe(c, says('primary'));
    topology.observe(c, says('primary', 2));
    expect(topology.primary).toBe(c);
    expect(heard).toEqual([
      'tie a b',
      'tie ended',
      'tie a c',
      'tie ended',
      'tie a c',
      'a -> c in 2',
      'out a: old-primary',
    ]);
  });

  it('another server at the address of the primary raises the epoch; one of the past is fenced', () => {
    const { a, topology, heard } = fleet();
    topology.observe(a, says('primary', 1));
    topology.observe(a, says('primary', 2));
    expect(topology.epoch).toBe(2);
    topology.observe(a, says('primary', 1));
    expect(topology.primary).toBeUndefined();
    topology.observe(a, says('primary', 2));
    expect(heard).toEqual(['a -> a in 2', 'out a: old-primary', 'lost a', 'in a', 'nobody -> a in 3']);
    expect(topology.primary).toBe(a);
    expect(topology.exclusion(a)).toBeUndefined();
  });

  it('servers of another cluster are of no use; whose cluster it is, the primary says', () => {
    const { a, b, c, topology, heard } = fleet();
    topology.observe(b, says('replica', 7, 'other'));
    topology.observe(a, says('primary', 1, 'one'));
    topology.observe(b, says('replica', 7, 'other'));
    topology.observe(b, says('primary', 8, 'other'));
    topology.observe(c, says('replica', 1, 'one'));
    expect(topology).toMatchObject({ primary: a, systemId: 'one', timeline: 1, writable: true });
    expect(topology.exclusion(b)).toBe('another-cluster');
    expect(topology.refusal(b, says('replica', 7, 'other'), false)).toContain('another cluster');
    topology.observe(b, says('replica', 1, 'one'));
    expect(heard).toEqual(['out b: another-cluster', 'in b']);
    topology.observe(a, says('primary', 1, 'third'));
    expect(topology.primary).toBeUndefined();
  });

  it('says nothing of proxies, and refuses none of their sessions', () => {
    const { heard } = fleet();
    const proxy = { id: 'p', proxied: true };
    const topology = new Topology([proxy], proxy, {} as never);
    topology.missed(proxy);
    expect(topology.writable).toBe(false);
    topology.observe(proxy, says('replica'));
    expect(topology).toMatchObject({ primary: proxy, writable: true });
    expect(topology.refusal(proxy, says('replica'), true)).toBeUndefined();
    expect(heard).toEqual([]);
  });

  it('goes without a primary that was removed', () => {
    const { a, b, topology, heard } = fleet();
    topology.observe(a, says('primary'));
    topology.remove(a);
    topology.observe(a, says('primary', 5));
    expect(topology.primary).toBeUndefined();
    topology.observe(b, says('primary', 2));
    expect(topology.primary).toBe(b);
    expect(heard).toEqual(['lost a', 'nobody -> b in 2']);
  });
});

describe('a topology of servers without timelines', () => {
  const plain = (role: 'primary' | 'replica'): ServerIdentity => says(role, 0, '');

  it('believes a second primary when the first is silent, and the first no more until it has followed', () => {
    const { a, b, topology, heard } = fleet();
    topology.observe(a, plain('primary'));
    topology.observe(b, plain('primary'));
    expect(topology.writable).toBe(false);
    topology.missed(a);
    topology.observe(b, plain('primary'));
    expect(topology).toMatchObject({ primary: b, writable: true, epoch: 2 });
    topology.observe(a, plain('primary'));
    expect(topology).toMatchObject({ primary: b, writable: true });
    expect(topology.exclusion(a)).toBe('old-primary');
    topology.observe(a, plain('replica'));
    expect(topology.exclusion(a)).toBeUndefined();
    expect(heard).toEqual(['tie a b', 'a -> b in 2', 'out a: old-primary', 'in a']);
  });

  it('follows a planned switch', () => {
    const { a, b, topology, heard } = fleet();
    topology.observe(a, plain('primary'));
    topology.observe(a, plain('replica'));
    expect(topology.primary).toBeUndefined();
    topology.observe(b, plain('primary'));
    expect(topology.primary).toBe(b);
    expect(heard).toEqual(['lost a', 'nobody -> b in 2']);
  });
});
