import type { IncomingMessage } from 'node:http';
import { BadRequestException, Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { runAsTenant } from '@nest-pooling/nestjs';
import { BranchesController, NotesService } from './branches.controller.js';

@Module({ controllers: [BranchesController], providers: [NotesService] })
export class BranchesModule implements NestModule {
  /** A middleware, so that guards and pipes are in the scope of the branch as well. */
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply(({ headers }: IncomingMessage, _: unknown, next: () => void) => {
        const branch = headers['x-branch'];
        if (typeof branch !== 'string' || branch === '') {
          throw new BadRequestException('The header X-Branch must name a branch.');
        }
        runAsTenant(branch, next);
      })
      .forRoutes(BranchesController);
  }
}
