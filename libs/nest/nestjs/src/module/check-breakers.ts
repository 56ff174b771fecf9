import { OptionsError, type Problems } from '@nest-pooling/core';
import { CircuitBreaker } from '@nest-pooling/resilience';

/** Collects what is wrong with the `breakers` of the module's options. */
export function checkBreakers(problems: Problems, breakers: unknown): void {
  if (breakers === undefined) return;
  if (typeof breakers !== 'object' || breakers === null || Array.isArray(breakers)) {
    return problems.add(
      'breakers',
      'must be an object of options by the name of the breaker',
      typeof breakers,
    );
  }
  for (const [name, options] of Object.entries(breakers as Record<string, unknown>)) {
    const path = `breakers.${name}`;
    if (name.trim() === '') problems.add(path, 'must have a name');
    else if (typeof options !== 'object' || options === null)
      problems.add(path, 'must be an object', typeof options);
    else checkOne(problems, path, name, options);
  }
}

function checkOne(problems: Problems, path: string, name: string, options: object): void {
  if ('name' in options)
    problems.add(`${path}.name`, `is not possible here: the breaker is called '${name}'`);
  try {
    // It knows its own options best, and does nothing before it is called.
    void new CircuitBreaker({ ...options, name });
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    for (const line of error.problems) {
      const end = line.indexOf(': ');
      problems.add(`${path}.${line.slice(0, end)}`, line.slice(end + 2));
    }
  }
}
