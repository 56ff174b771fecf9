import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import {
  FaultsService,
  PRICING_ACTIONS,
  PRIMARY_ACTIONS,
  REPLICA_ACTIONS,
  type NodeAction,
  type NodeState,
  type PricingAction,
  type PricingState,
} from './faults.service.js';

const n = z
  .string()
  .regex(/^\d{1,4}$/, 'must be the number of a replica')
  .transform(Number);
const onReplica = z.object({ n, action: z.enum(REPLICA_ACTIONS) });
const onPrimary = z.object({ action: z.enum(PRIMARY_ACTIONS) });
const onPricing = z.object({ action: z.enum(PRICING_ACTIONS) });

/** In the demo only: no application should be able to kill its database. */
@Controller('faults')
export class FaultsController {
  constructor(private readonly faults: FaultsService) {}

  @Get()
  states(): { nodes: readonly NodeState[]; pricing: PricingState } {
    return this.faults.states();
  }

  @Post('replicas/:n/:action')
  @HttpCode(200)
  async replica(@Param({ schema: onReplica }) to: { n: number; action: NodeAction }): Promise<NodeState> {
    return this.faults.act(this.faults.replica(to.n), to.action);
  }

  @Post('primary/:action')
  @HttpCode(200)
  async primary(@Param({ schema: onPrimary }) to: { action: NodeAction }): Promise<NodeState> {
    return this.faults.act(this.faults.primary(), to.action);
  }

  @Post('pricing/:action')
  @HttpCode(200)
  pricing(@Param({ schema: onPricing }) to: { action: PricingAction }): PricingState {
    return this.faults.actOnPricing(to.action);
  }
}
