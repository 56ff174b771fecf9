import { NotFoundException } from '@nestjs/common';
import { sqlTenants } from '@nest-pooling/nestjs';
import { postgres } from '@nest-pooling/postgres';
import type { Servers } from '../servers/servers.js';

/** The branches of the shop; each has a schema of its own. */
export const BRANCHES: readonly string[] = ['north', 'south'];

/** A pool for each branch, opened when the branch is asked for; code that uses it knows of no branches. */
export function branchPools({ cluster }: Servers): ReturnType<typeof sqlTenants> {
  return sqlTenants({
    max: BRANCHES.length,
    create: (branch) => {
      if (!BRANCHES.includes(branch)) throw new NotFoundException(`There is no branch '${branch}'.`);
      return postgres({
        primary: { url: cluster.primary.url },
        pool: { min: 0, max: 3 },
        session: { settings: { search_path: `branch_${branch}` } },
      });
    },
  });
}
