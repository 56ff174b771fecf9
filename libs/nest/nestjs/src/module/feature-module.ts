import { Module, type DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Problems } from '@nest-pooling/core';
import { UnknownPoolError } from '../errors/wiring-errors.js';
import { getPoolToken } from '../inject/tokens.js';
import { PoolDirectory } from '../registry/pool-directory.js';
import { PoolingCoreModule } from './pooling-core.module.js';
import { namesOf } from './registration.js';

/** Gives pools of another registration to the module that imports it; see `PoolingModule.forFeature`. */
@Module({})
export class PoolingFeatureModule {}

const CHECKED = Symbol('nest-pooling:feature');

/** Puts the module of one `PoolingModule.forFeature` together. */
export function featureModule(names: readonly string[]): DynamicModule {
  checkFeature(names);
  const tokens = names.map((name) => getPoolToken(name));
  return {
    module: PoolingFeatureModule,
    imports: [PoolingCoreModule],
    providers: [
      {
        provide: CHECKED,
        inject: [ModulesContainer],
        useFactory: (container: ModulesContainer) => {
          const known = namesOf(container);
          const unknown = names.find((name) => !known.includes(name));
          if (unknown !== undefined) {
            throw new UnknownPoolError(unknown, known, 'PoolingModule.forFeature makes a pool injectable. ');
          }
          return true;
        },
      },
      ...names.map((name) => ({
        provide: getPoolToken(name),
        // A pool that nobody defines would be waited for without end, hence the check before.
        inject: [PoolDirectory, CHECKED],
        useFactory: (directory: PoolDirectory) => directory.whenOpen(name),
      })),
    ],
    exports: tokens,
  };
}

function checkFeature(names: readonly string[]): void {
  const problems = new Problems();
  if (!Array.isArray(names) || names.length === 0) {
    problems.add('names', 'must be an array with the name of at least one pool', names);
  } else {
    for (const [i, name] of names.entries()) {
      if (typeof name !== 'string' || name.trim() === '') {
        problems.add(`names[${i}]`, 'must be a text that is not empty', typeof name);
      } else if (names.indexOf(name) !== i) problems.add(`names[${i}]`, 'is listed twice', name);
    }
  }
  problems.throwIfAny('PoolingModule.forFeature');
}
