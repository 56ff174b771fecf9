export type { Budget } from './budget.js';
export {
  contextKey,
  deadlineKey,
  getContext,
  labelKey,
  runInContext,
  runOutsideContext,
  runWithSignal,
  scopedSignal,
  signalKey,
  type ContextKey,
} from './context.js';
export { DeadlineList, Deadlines, type Timed } from './deadlines.js';
export { defined } from './defined.js';
export type { Definition, FaceOf } from './definition.js';
export type { Env, LogLevel } from './env.js';
export { PoolingError, withoutStack, type ErrorCategory, type PoolingErrorInit } from './error.js';
export { Listeners } from './listeners.js';
export {
  isProbed,
  type Managed,
  type ManagedNodeReport,
  type ManagedReport,
  type ManagedStatus,
  type PingOptions,
  type PingResult,
  type Probed,
} from './managed.js';
export { OptionsError } from './options-error.js';
export type { Plugin } from './plugin.js';
export { nearest, Problems, type NumberRule } from './problems.js';
export type { Scheduler, Timer } from './scheduler.js';
export { systemEnv } from './system-env.js';
