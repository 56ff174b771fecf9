/**
 * The share of callers that find all of `servers` busy and wait, at a load of `erlangs` (M/M/c, Erlang C). By
 * the recursion of Erlang B, in which no factorial and no power occurs: exact for any size.
 */
export function erlangC(servers: number, erlangs: number): number {
  if (erlangs >= servers) return 1;
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = nextErlangB(blocked, n, erlangs);
  return waitProbability(blocked, servers, erlangs);
}

/** From the blocking probability of `servers - 1` to that of `servers`. */
export function nextErlangB(blocked: number, servers: number, erlangs: number): number {
  return (erlangs * blocked) / (servers + erlangs * blocked);
}

/** Erlang C from Erlang B; the load must be less than the servers. */
export function waitProbability(blocked: number, servers: number, erlangs: number): number {
  return blocked / (1 - (erlangs / servers) * (1 - blocked));
}

/** The wait, in units of the mean service time, that a share `p` of the callers does not exceed. */
export function waitAt(p: number, waiting: number, servers: number, erlangs: number): number {
  return waiting <= 1 - p ? 0 : Math.log(waiting / (1 - p)) / (servers - erlangs);
}
