import { Controller, Get, Injectable, Res } from '@nestjs/common';
import type { SqlPool } from '@nest-pooling/sql';
import {
  InjectTenants,
  PoolingModule,
  PoolRegistry,
  ResourceScope,
  SessionPerRequest,
  sqlTenants,
  TenantPools,
} from '../index.js';
import { anyName, boot, model, pools, type Misuse } from './misuse.fixture.js';

@Injectable()
class NoTenants {
  constructor(@InjectTenants('orders' as 'tenanted') readonly orders: TenantPools<SqlPool>) {}
}
@Controller()
class WrongSession {
  @Get()
  @SessionPerRequest(anyName('ordrs'))
  get(): void {}
}
@Controller()
class WrongFace {
  @Get()
  @SessionPerRequest(anyName('pricing'))
  get(): void {}
}
@Controller()
class AnswersItself {
  @Get()
  @SessionPerRequest('orders')
  get(@Res() _response: unknown): void {}
}
const tenanted = () =>
  PoolingModule.forRoot({ health: false, pools: { routed: sqlTenants({ create: model }) } });

/** What can be done wrongly with what comes and goes: pools, resources, tenants, requests. */
export const ofLifetimes: readonly Misuse[] = [
  {
    what: '`forFeature` with a name that does not exist',
    code: 'POOL_UNKNOWN',
    says: /forFeature.*Did you mean 'orders'\?/,
    act: () => boot({ imports: [pools(), PoolingModule.forFeature([anyName('ordrs')])] }),
  },
  {
    what: '`PoolRegistry.add` of a name that is taken',
    code: 'POOL_DUPLICATE',
    says: /There is a pool 'orders' already.*another name/,
    act: () => boot({}, (get) => get(PoolRegistry).add('orders', model('orders'))),
  },
  {
    what: '`PoolRegistry.remove` of a pool of the configuration',
    code: 'POOL_NOT_REMOVABLE',
    says: /was not added by PoolRegistry\.add.*suspend\(\)/,
    act: () => boot({}, (get) => get(PoolRegistry).remove('orders')),
  },
  {
    what: 'a resource that nothing can end',
    code: 'RESOURCE_CLEAN_UP_MISSING',
    says: /none of the methods.*Pass its clean-up/,
    act: () => boot({}, (get) => get(ResourceScope).add('plain', {})),
  },
  {
    what: 'two resources of one name',
    code: 'RESOURCE_DUPLICATE',
    says: /'mail' in this scope already.*name of its own/,
    act: () =>
      boot({}, (get) => {
        const scope = get(ResourceScope);
        scope.add('mail', { close: () => {} });
        scope.add('mail', { close: () => {} });
      }),
  },
  {
    what: '`@InjectTenants` of a pool that is one for all',
    code: 'POOL_FACE_MISMATCH',
    says: /NoTenants takes pool 'orders' as TenantPools/,
    act: () => boot({ providers: [NoTenants] }),
  },
  {
    what: 'a pool of tenants where no tenant is known',
    code: 'TENANT_MISSING',
    says: /no tenant is set.*runAsTenant/,
    act: () =>
      boot({ imports: [tenanted()] }, (get) =>
        (get(PoolRegistry).get('routed') as unknown as SqlPool).query('select a'),
      ),
  },
  {
    what: '`@SessionPerRequest` on a pool that does not exist',
    code: 'POOL_UNKNOWN',
    says: /WrongSession\.get is under @SessionPerRequest\('ordrs'\).*Did you mean 'orders'\?/,
    act: () => boot({ controllers: [WrongSession] }),
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
    says: /AnswersItself\.get.*@Res.*passthrough/,
    act: () => boot({ controllers: [AnswersItself] }),
  },
];
