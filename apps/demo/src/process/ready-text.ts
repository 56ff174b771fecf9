import type { Servers } from '../servers/servers.js';

/** What is shown when the shop is open. The last line is for programs. */
export function readyText(url: string, { cluster, pricing, analytics }: Servers): string {
  const nodes = cluster.nodes.map((node) => {
    const pools = `orders.${node.name}`;
    return `  ${`${node.host}:${node.port}`.padEnd(18)}${pools}`;
  });
  const order = `-H 'content-type: application/json' -d '{"sku":"espresso","quantity":2}'`;
  return `
The shop is open after ${process.uptime().toFixed(1)} s. ${cluster.version}, data and logs in ${cluster.folder}

${nodes.join('\n')}
  ${`${pricing.host}:${pricing.port}`.padEnd(18)}the pricing service (HTTP)
  ${analytics.kind.padEnd(18)}analytics, in ${analytics.where}

Try:
  curl -i ${url}/orders ${order}
  curl -i '${url}/orders?limit=2&strategy=round-robin'
  curl -i ${url}/orders/1
  curl -i ${url}/pricing/espresso             # also: discount, which has a fallback
  curl -i ${url}/checkout ${order}
  curl -i ${url}/reports/replica              # or primary, strong, slow?ms=500
  curl -i ${url}/branch/notes -H 'x-branch: north'
  curl -i ${url}/analytics/revenue
  curl -i ${url}/health                # also: ready, live, db, pools
  curl -i -X POST ${url}/faults/replicas/1/kill      # or restart, freeze, thaw
  curl -i -X POST ${url}/faults/primary/kill         # or restart
  curl -i -X POST ${url}/faults/replicas/1/promote   # when the primary is dead
  curl -i -X POST ${url}/faults/pricing/down         # or up
  curl -s ${url}/faults                # the servers and their states

ready ${url}
`;
}
