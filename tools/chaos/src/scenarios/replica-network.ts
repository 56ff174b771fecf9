import { must, type Report } from '@nest-pooling/report';
import { startFaultProxy, type FaultProxy } from '@nest-pooling/services';
import { now } from '../frame/contender.js';
import { pause } from '../frame/load.js';
import { readRows } from '../frame/rows.js';
import { BEFORE_MS, onScene } from '../frame/scene.js';

const FAULT_MS = 4_000;
const AFTER_MS = 3_000;

/** The network to one of two replicas swallows everything, then resets every connection. */
export async function replicaNetwork(): Promise<Report> {
  const reports = [await during('blackhole'), await during('reset')];
  return { notes: reports.flatMap(({ notes }) => notes), rows: reports.flatMap(({ rows }) => rows) };
}

async function during(fault: 'blackhole' | 'reset'): Promise<Report> {
  let proxy: FaultProxy | undefined;
  const playing = onScene(
    async (scene) => {
      await scene.read();
      const before = now();
      await pause(BEFORE_MS / 2);
      const begun = now();
      await proxy![fault]();
      const out = await scene.ours.ejected('shop.replica-1', begun);
      await pause(begun + FAULT_MS - now());
      const healed = now();
      await proxy!.pass();
      await pause(AFTER_MS);
      const recordings = await scene.stop();
      return [
        ...readRows(fault, recordings, { before, fault: begun, healed }),
        must(`${fault}, ours: out of rotation after`, out.at - begun, 'ms', { atMost: 1_000 }),
      ];
    },
    {
      urls: async ({ primary, replicas: [first, ...others] }) => {
        proxy = await startFaultProxy({ target: first! });
        const url = new URL(first!.url);
        url.port = String(proxy.port);
        return { primary: primary.url, replicas: [url.href, ...others.map((node) => node.url)] };
      },
    },
  );
  try {
    return await playing;
  } finally {
    await proxy?.stop();
  }
}
