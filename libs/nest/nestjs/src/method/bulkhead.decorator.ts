import { Bulkhead as Limit, type BulkheadOptions } from '@nest-pooling/resilience';
import { perApplication } from './per-application.js';
import { failing, surround } from './surround.js';
import { methodDecorator } from './wrap-method.js';

/** Options of {@link Bulkhead}. */
export type MethodBulkheadOptions = Omit<BulkheadOptions, 'name'>;

/**
 * Lets only so many calls of a method run at a time, over all objects of an application; a few more may wait, the others are refused with
 * `BULKHEAD_FULL` (503). An observable or a generator has its place until it ends.
 *
 * @throws OptionsError when the class is defined, with every wrong option
 */
export function Bulkhead(options: MethodBulkheadOptions): MethodDecorator {
  return methodDecorator('@Bulkhead', (original, place) => {
    const named = { ...options, name: place.toString() };
    // Refused here, not at the first call.
    void new Limit(named);
    const limits = perApplication((env) => new Limit(named, env));
    return function (...args) {
      try {
        const limit = limits(this, place);
        return surround(
          place,
          (work) => limit.run(work),
          () => original.apply(this, args),
        );
      } catch (error) {
        return failing(place, error);
      }
    };
  });
}
