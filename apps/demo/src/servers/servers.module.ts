import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Servers } from './servers.js';

/** Makes the servers injectable. Global, as modules of configuration are. */
@Global()
@Module({})
export class ServersModule {
  static with(servers: Servers): DynamicModule {
    return {
      module: ServersModule,
      providers: [{ provide: Servers, useValue: servers }],
      exports: [Servers],
    };
  }
}
