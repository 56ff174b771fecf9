import { ServicesError } from './errors.js';
import type { FaultTarget } from './fault-link.js';

/** Throws `SERVICES_OPTIONS` unless the value is right. */
export function check(what: string, right: boolean, wanted: string, got: unknown): void {
  if (right) return;
  throw new ServicesError('SERVICES_OPTIONS', `fault proxy: ${what}: must be ${wanted} (got ${String(got)})`);
}

/** {@link check} for the number of a port. */
export function checkPort(what: string, port: number): void {
  check(what, Number.isInteger(port) && port > 0 && port < 65_536, 'a port', port);
}

/** {@link check} for a target. */
export function checkTarget(target: FaultTarget): void {
  check('target.host', typeof target.host === 'string' && target.host !== '', 'a host', target.host);
  checkPort('target.port', target.port);
}
