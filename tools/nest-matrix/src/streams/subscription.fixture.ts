import { Transactional } from '@nest-pooling/nestjs';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Args, GraphQLModule, Query, Resolver, Subscription } from '@nestjs/graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Shop, shopModule } from '../shop/shop.fixture.js';
import { listening } from '../transports/rest.fixture.js';
import type { Streaming } from './streaming.fixture.js';

@Resolver()
class EventsResolver {
  constructor(private readonly shop: Shop) {}

  @Query(() => String)
  name(): string {
    return 'shop';
  }

  @Subscription(() => String, { resolve: (value: string) => value })
  @Transactional('shop')
  async *events(
    @Args('id', { type: () => String }) id: string,
    @Args('endless', { type: () => Boolean }) endless: boolean,
  ): AsyncGenerator<string> {
    yield await this.shop.orders.write({ id });
    // As one that waits for the next event of a queue.
    if (endless) await new Promise(() => {});
  }
}

/** A subscription of GraphQL, whose resolver is an async generator. */
export const subscriptions: readonly Streaming[] = (['Express', 'Fastify'] as const).map((on) => ({
  name: `a GraphQL subscription on ${on}`,
  async start(cluster) {
    const apollo = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      subscriptions: { 'graphql-ws': true },
    });
    const module = shopModule(cluster, { providers: [EventsResolver], imports: [apollo] });
    const { app, url } = await listening(module, on);
    const clients: { dispose(): void | Promise<void> }[] = [];
    return {
      app,
      listen: (id, endless, listener) => {
        const client = createClient({
          url: `${url.replace('http', 'ws')}/graphql`,
          webSocketImpl: WebSocket,
          retryAttempts: 0,
        });
        clients.push(client);
        const query =
          'subscription ($id: String!, $endless: Boolean!) { events(id: $id, endless: $endless) }';
        return client.subscribe<{ events: string }>(
          { query, variables: { id, endless } },
          {
            next: ({ data }) => data && listener.value(data.events),
            complete: listener.end,
            error: () => {},
          },
        );
      },
      close: async () => {
        for (const client of clients) await client.dispose();
        await app.close();
      },
    };
  },
}));
