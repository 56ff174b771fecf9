import { Controller, Get, Res } from '@nestjs/common';
import { PoolingModule, PoolRegistry, SessionPerRequest } from '../index.js';
import { anyName, boot, model, pools, type Misuse } from './misuse.fixture.js';

@Controller()
class WrongName {
  @Get()
  @SessionPerRequest(anyName('order'))
  get(): void {}
}
@Controller()
class WrongFace {
  @Get()
  @SessionPerRequest(anyName('pricing'))
  get(): void {}
}
@Controller()
class Answers {
  @Get()
  @SessionPerRequest('orders')
  get(@Res() _response: unknown): void {}
}
const registry = (work: (pools: PoolRegistry) => unknown) => boot({}, (get) => work(get(PoolRegistry)));

/** What can be wrong with sessions of requests, features, and pools that come and go at run time. */
export const ofRequests: readonly Misuse[] = [
  {
    what: '`@SessionPerRequest` on a pool that does not exist',
    code: 'POOL_UNKNOWN',
    says: /^WrongName\.get is under @SessionPerRequest\('order'\)\. There is no pool 'order'\. Did you mean 'orders'\?/,
    act: () => boot({ controllers: [WrongName] }),
  },
  {
    what: '`@SessionPerRequest` on a pool that speaks no SQL',
    code: 'POOL_FACE_MISMATCH',
    says: /^WrongFace takes pool 'pricing' as SqlPool \(@SessionPerRequest of get\).*name one of those/,
    act: () => boot({ controllers: [WrongFace] }),
  },
  {
    what: '`@SessionPerRequest` at a handler that answers by itself',
    code: 'SESSION_MISPLACED',
    says: /Answers\.get/,
    act: () => boot({ controllers: [Answers] }),
  },
  {
    what: '`forFeature` of a pool that does not exist',
    code: 'POOL_UNKNOWN',
    says: /There is no pool 'order'\. Did you mean 'orders'\?/,
    act: () => boot({ imports: [pools(), PoolingModule.forFeature([anyName('order')])] }),
  },
  {
    what: '`PoolRegistry.add` of a name that is taken',
    code: 'POOL_DUPLICATE',
    says: /There is a pool 'orders' already\. Give the new one another name/,
    act: () => registry((all) => all.add('orders', model('orders'))),
  },
  {
    what: '`PoolRegistry.remove` of a pool of the configuration',
    code: 'POOL_NOT_REMOVABLE',
    says: /'orders' was not added by PoolRegistry\.add.*suspend\(\)/,
    act: () => registry((all) => all.remove('orders')),
  },
];
