import { SessionPerRequest, Transactional } from '@nest-pooling/nestjs';
import type { PostgresCluster } from '@nest-pooling/services';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Args, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { GraphQLScalarType } from 'graphql';
import type { Order } from '../shop/orders.fixture.js';
import { Shop, shopModule, type Operation } from '../shop/shop.fixture.js';
import { failed, type Connection, type Outcome, type Transport } from '../transport.fixture.js';
import { listening, post, postAndLeave } from './rest.fixture.js';

/** Whatever JSON has. */
const Json = new GraphQLScalarType({ name: 'Json' });

@Resolver()
class ShopResolver {
  constructor(private readonly shop: Shop) {}

  @Query(() => String)
  name(): string {
    return 'shop';
  }

  @Mutation(() => Json, { nullable: true })
  @Transactional('shop')
  here(@Args('order', { type: () => Json }) order: Order): Promise<string> {
    return this.shop.orders.write(order);
  }

  @Mutation(() => Json, { nullable: true })
  @SessionPerRequest('shop')
  session(@Args('order', { type: () => Json }) order: Order): Promise<string> {
    return this.shop.orders.write(order);
  }

  @Mutation(() => Json, { nullable: true })
  run(
    @Args('operation', { type: () => String }) operation: Operation,
    @Args('order', { type: () => Json }) order: Order,
  ): unknown {
    return this.shop.run(operation, order);
  }
}

const apollo = GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true });

async function start(cluster: PostgresCluster, on: 'Express' | 'Fastify'): Promise<Connection> {
  const module = shopModule(cluster, { providers: [ShopResolver], imports: [apollo] });
  const { app, url } = await listening(module, on);
  const bodyOf = (operation: string, order: Order): object => {
    const own = operation === 'here' || operation === 'session';
    const query = own
      ? `mutation ($order: Json!) { answer: ${operation}(order: $order) }`
      : 'mutation ($operation: String!, $order: Json!) { answer: run(operation: $operation, order: $order) }';
    return { query, variables: { order, ...(own ? {} : { operation }) } };
  };
  return {
    app,
    call: async (operation, order) => outcomeOf(await post(`${url}/graphql`, bodyOf(operation, order))),
    abandon: (operation, order) => postAndLeave(`${url}/graphql`, bodyOf(operation, order)),
    close: () => app.close(),
  };
}

async function outcomeOf(response: Response): Promise<Outcome> {
  const text = await response.text();
  const { data, errors } = JSON.parse(text) as {
    data?: { answer: unknown } | null;
    errors?: { extensions?: object }[];
  };
  if (errors === undefined) return { ok: true, value: data?.answer };
  return { ...failed(errors[0]?.extensions), text } as Outcome;
}

/** GraphQL of Apollo on both platforms. */
export const graphql: readonly Transport[] = (['Express', 'Fastify'] as const).map((on) => ({
  name: `GraphQL on ${on}`,
  handlers: ['here', 'session'],
  start: (cluster) => start(cluster, on),
}));
