import { describe, expect, it } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { ModelCluster, type ModelSession } from './index.js';

const SHIP_MS = 5;

/** A primary `a` with replicas `b` and `c`, each with a log of its own. */
function cluster(synchronous = false) {
  const env = new VirtualEnv(5);
  const model = new ModelCluster(env, { replication: { shipMs: SHIP_MS, synchronous } });
  const targets = {
    a: model.add('a', 'primary'),
    b: model.add('b', 'replica'),
    c: model.add('c', 'replica'),
  };
  for (const id of ['b', 'c']) model.follow(id, 'a');
  const driver = model.driverOf('app');
  const open = (id: 'a' | 'b' | 'c'): Promise<ModelSession> =>
    env.until(
      driver.connect(targets[id], 'write', env, new AbortController().signal),
    ) as Promise<ModelSession>;
  const read = async (id: 'a' | 'b' | 'c'): Promise<unknown> => {
    const session = await open(id);
    const { rows } = await env.until(session.execute({ text: 'select k' }));
    session.destroy();
    return (rows[0] as { value: unknown }).value;
  };
  const write = async (id: 'a' | 'b', value: string): Promise<void> => {
    await env.until((await open(id)).execute({ text: `insert k ${value}` }));
  };
  return { env, model, open, read, write };
}

describe('servers with a log each', () => {
  it('a replica has what was committed after a while, and nothing while it is parted', async () => {
    const { env, model, read, write } = cluster();
    await write('a', '1');
    await env.advance(SHIP_MS);
    model.separate('c', true);
    await write('a', '2');
    await env.advance(SHIP_MS);
    expect([await read('a'), await read('b'), await read('c')]).toEqual(['2', '2', '1']);
    model.separate('c', false);
    expect(await read('c')).toBe('2');
  });

  it('what a probe tells is of one moment, however long its answer is under way', async () => {
    const { env, model, open, write } = cluster();
    await write('a', '1');
    await env.advance(SHIP_MS);
    model.pauseReplay('b');
    await write('a', '2');
    await env.advance(SHIP_MS);
    const session = await open('b');
    model.server('b').wayMs = 10;
    const probed = session.probe();
    await env.advance(12);
    model.promote('b');
    // It was a replica that lagged, not a primary that has half of what it has.
    expect(await env.until(probed)).toMatchObject({ role: 'replica', timeline: 1, at: '1' });
    expect(await env.until(session.probe())).toMatchObject({ role: 'primary', timeline: 2, at: '2' });
    await expect(env.until(session.position())).rejects.toThrow('it is a primary now');
  });

  it('a promotion begins a history: what the others had more is gone when they follow it', async () => {
    const { env, model, read, write } = cluster();
    await write('a', '1');
    await env.advance(SHIP_MS);
    model.separate('b', true);
    await write('a', 'lost');
    await env.advance(SHIP_MS);
    model.promote('b');
    await write('b', '2');
    expect([await read('a'), await read('b'), await read('c')]).toEqual(['lost', '2', 'lost']);
    expect([model.server('a').timeline, model.server('b').timeline]).toEqual([1, 2]);
    for (const id of ['a', 'c']) model.follow(id, 'b');
    model.separate('b', false);
    await env.advance(SHIP_MS);
    expect([await read('a'), await read('c')]).toEqual(['2', '2']);
    expect(model.logOf('a').entries.map(({ value }) => value)).toEqual(['1', '2']);
  });

  it('a synchronous commit is acknowledged when one replica has it, whichever', async () => {
    const { env, model, open, read } = cluster(true);
    const session = await open('a');
    for (const id of ['b', 'c']) model.separate(id, true);
    let done = false;
    void session.execute({ text: 'insert k 1' }).then(() => (done = true));
    await env.advance(10 * SHIP_MS);
    expect([done, await read('a')]).toEqual([false, '1']);
    model.separate('c', false);
    await env.advance(10 * SHIP_MS);
    expect([done, await read('b'), await read('c')]).toEqual([true, undefined, '1']);
  });
});

describe('a session of the read lane', () => {
  it('refuses writes also after it was shared and reset, and when its server has become the primary', async () => {
    const { env, model } = cluster();
    const target = { ...model.add('x', 'replica'), id: 'b' };
    const driver = model.driverOf('app');
    const session = await env.until(driver.connect(target, 'read', env, new AbortController().signal));
    await env.until(session.share!());
    await env.until(session.reset());
    model.promote('b');
    await expect(env.until(session.execute({ text: 'sneaky k 1' }))).rejects.toMatchObject({ code: 'role' });
    expect(model.logOf('b').entries).toEqual([]);
  });
});

describe('the ways between a client and a server', () => {
  it('hold what is sent while they are cut, each for itself, and nobody else', async () => {
    const { env, model, open, read } = cluster();
    const session = await open('a');
    const answers: string[] = [];
    const ask = (value: string): void =>
      void session.execute({ text: `insert k ${value}` }).then(
        () => answers.push(value),
        () => answers.push('lost'),
      );
    model.network.set('app', model.server('a'), { there: false, back: true });
    ask('1');
    await env.advance(100);
    expect(answers).toEqual([]);
    expect(model.logOf('a').entries).toHaveLength(1);
    expect(await read('b')).toBe('1');
    model.network.set('app', model.server('a'), { there: false, back: false });
    await env.advance(1);
    expect(answers).toEqual(['1']);
    model.network.set('app', model.server('a'), { there: true, back: false });
    ask('2');
    await env.advance(100);
    expect(model.logOf('a').entries).toHaveLength(1);
    model.kill('a');
    model.network.set('app', model.server('a'), { there: false, back: false });
    await env.advance(1);
    expect([answers, session.state]).toEqual([['1', 'lost'], 'broken']);
  });

  it('let nobody connect while they are cut', async () => {
    const { env, model, open } = cluster();
    model.network.set('app', model.server('b'), { there: true, back: true });
    const target = { ...model.add('d', 'replica'), id: 'b' };
    const controller = new AbortController();
    const connecting = model.driverOf('app').connect(target, 'read', env, controller.signal);
    const failed = connecting.then(
      () => 'connected',
      (error: Error) => error.message,
    );
    await env.advance(1_000);
    controller.abort();
    expect(await failed).toBe('connecting was given up');
    expect((await open('a')).node).toBe('a');
  });
});
