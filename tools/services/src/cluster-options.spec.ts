import { describe, expect, it } from '@jest/globals';
import { databaseProblem, resolveOptions } from './cluster-options.js';
import { portRange } from './free-port.js';
import { nobodyIn } from './server-user.js';
import { renderSettings } from './settings.js';

describe('options of a cluster', () => {
  it('have defaults', () => {
    expect(resolveOptions({})).toEqual({
      replicas: 2,
      database: 'postgres',
      maxConnections: 100,
      settings: {},
      hba: [],
      tls: false,
      startTimeoutMs: 30_000,
      stopTimeoutMs: 5_000,
    });
  });

  it('are refused with every problem in one message', () => {
    const wrong = {
      replicas: 1.5,
      port: 70_000,
      database: '',
      settings: { port: 1, 'x y': 2, z: 'a\nb' },
      hba: ['host all all 127.0.0.1/32 trust\nmore', 'nonsense'],
      tpyo: 1,
    };
    expect(() => resolveOptions(wrong)).toThrow(
      [
        'Wrong options for a Postgres cluster:',
        'replicas: must be a whole number from 0 to 16 (got 1.5)',
        'port: must be a whole number from 1 to 65534 (got 70000)',
        'settings.port: belongs to the cluster and cannot be set',
        'settings.x y: is not a name of a setting',
        'settings.z: must be a number, a boolean or a text of one line (got "a\\nb")',
        'tpyo: is not an option',
        'hba[0]: is no line of pg_hba.conf (got "host all all 127.0.0.1/32 trust\\nmore")',
        'hba[1]: is no line of pg_hba.conf (got "nonsense")',
        'database: must be a name of 1 to 63 bytes (got "")',
      ].join('\n  '),
    );
  });

  it('take names of databases that Postgres would not cut', () => {
    expect(databaseProblem('é'.repeat(31))).toBeUndefined();
    expect(databaseProblem('é'.repeat(32))).toContain('63 bytes');
  });
});

describe('settings of a node', () => {
  const node = {
    name: 'replica-1',
    port: 1,
    clusterName: 'c/replica-1',
    maxConnections: 100,
    nodes: 3,
    lagMs: 20,
    extra: { application_name: `it's \\`, jit: true },
  };

  it('quote what users say, and let it win', () => {
    const text = renderSettings(node);
    expect(text).toContain(`application_name = 'it''s \\\\'\n`);
    expect(text).toContain('jit = on\n');
    expect(text).not.toContain('primary_conninfo');
  });

  it('name the upstream of a standby', () => {
    const text = renderSettings({ ...node, upstream: { port: 77 } });
    expect(text).toContain('port=77 user=postgres application_name=replica-1');
    expect(text).toContain(`primary_slot_name = 'replica_1'`);
    expect(text).toContain(`recovery_min_apply_delay = '20ms'`);
  });
});

describe('what depends on the machine', () => {
  it('takes ports outside the ephemeral range', () => {
    expect(portRange('32768\t60999\n')).toEqual({ low: 15_000, high: 32_767 });
    expect(portRange('1024 60999')).toEqual({ low: 61_000, high: 65_535 });
    expect(portRange('1024 65535')).toEqual({ low: 15_000, high: 65_535 });
  });

  it('finds nobody', () => {
    const linux = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533:nobody:/nonexistent:/bin/false\n';
    expect(nobodyIn(linux)).toEqual({ uid: 65_534, gid: 65_533 });
    expect(nobodyIn('nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false')).toEqual({
      uid: 4_294_967_294,
      gid: 4_294_967_294,
    });
    expect(() => nobodyIn('root:x:0:0::/root:/bin/sh')).toThrow('no user "nobody"');
  });
});
