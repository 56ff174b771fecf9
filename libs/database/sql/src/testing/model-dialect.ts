import type { FaultContext, Position, SqlDriver } from '../driver.js';
import type { Fault } from '../fault.js';
import { modelFault } from './model-fault.js';
import { classify } from './model-words.js';

/** What a driver of the model knows without a server. */
export const modelDialect = {
  dialect: 'model',
  classify: (text: string): ReturnType<SqlDriver['classify']> => classify(text),
  fault: (error: unknown, during: FaultContext): Fault => modelFault(error, during),
  compare: (have: Position, want: Position): 'reached' | 'behind' | 'incomparable' => {
    if (have.systemId !== want.systemId || have.timeline !== want.timeline) return 'incomparable';
    return Number(have.at) >= Number(want.at) ? 'reached' : 'behind';
  },
  distance: (have: Position, want: Position): number => Number(want.at) - Number(have.at),
} as const;
