import { measured, must, type Row } from '@nest-pooling/report';
import type { Contender } from '../contender.js';
import { fill } from '../contender.js';
import { displaced } from '../displaced.js';
import { Ours } from '../ours.js';
import { peers } from '../peers.js';

const ACQUIRES = 50_000;

/** Whether who asks first is served first. */
export async function displacementSection(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const pool of [new Ours(), ...peers()]) rows.push(await row(pool));
  return rows;
}

async function row(pool: Contender): Promise<Row> {
  await fill(pool);
  const { overtaken, served } = await displaced(pool, ACQUIRES);
  await pool.close();
  if (served !== ACQUIRES) throw new Error(`${pool.name} served ${served} of ${ACQUIRES}`);
  const name = `overtaken, of ${ACQUIRES.toLocaleString('en-US')} contended: ${pool.name}`;
  return pool.name === 'ours'
    ? must(name, overtaken, 'acquires', { atMost: 0 })
    : measured(name, overtaken, 'acquires');
}
