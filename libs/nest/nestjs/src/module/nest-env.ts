import { Logger } from '@nestjs/common';
import { systemEnv, type Env } from '@nest-pooling/core';

/** The real world, with the log of the application: lines that pools are asked for go to Nest's Logger, their context is the pool. */
export const nestEnv: Env = {
  ...systemEnv,
  log: (level, context, message) => Logger[level](message, context),
};
