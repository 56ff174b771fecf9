// What the tests left behind: `node tools/check-leftovers.mjs before <file>` remembers the processes and the
// listening ports, `after <file>` compares. Ours is a process that carries the mark which `.ci/run` puts into
// the environment, and an orphan of a kind that our tests start (a server may overwrite its environment).
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

const MARK = process.env.LEFTOVERS_MARK ?? '';
/** The kinds of servers and helpers that tests and tools of ours start. */
const KINDS =
  /^(postgres|initdb|pg_ctl|mariadbd|mysqld|redis-server|mongod|beam\.smp|epmd|pgbouncer|chrom\w*)/;
/** What is ending may take a moment. */
const PATIENCE_MS = 5_000;
const LISTEN = '0A';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

function* processes() {
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = read(`/proc/${pid}/stat`);
    // The name stands in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    if (stat === '' || fields[0] === 'Z') continue;
    const started = fields[19];
    yield { pid: Number(pid), parent: Number(fields[1]), name, started, key: `${pid}:${started}` };
  }
}

/** Listening TCP sockets: port, inode and whose. */
function* listening() {
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(table).split('\n').slice(1)) {
      const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/);
      if (state === LISTEN) {
        yield { port: Number.parseInt(local.split(':').at(-1), 16), inode, uid: Number(uid) };
      }
    }
  }
}

function ownerOf(inode, all) {
  return all.find(({ pid }) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => {
        try {
          return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`;
        } catch {
          return false;
        }
      });
    } catch {
      return false;
    }
  });
}

function snapshot() {
  const all = [...processes()];
  return { processes: all.map(({ key }) => key), ports: [...listening()].map(({ inode }) => inode) };
}

/** This process and those above it: they are still at work. */
function lineage(all) {
  const line = new Set();
  for (let pid = process.pid; pid > 0 && !line.has(pid);) {
    line.add(pid);
    pid = all.find((p) => p.pid === pid)?.parent ?? 0;
  }
  return line;
}

function leftovers(before) {
  const all = [...processes()];
  const above = lineage(all);
  const fresh = all.filter(({ key, pid }) => !before.processes.includes(key) && !above.has(pid));
  const isOrphan = ({ parent }) => parent <= 1 || above.has(parent);
  const isOurs = (p) =>
    (MARK !== '' && read(`/proc/${p.pid}/environ`).includes(MARK)) || (KINDS.test(p.name) && isOrphan(p));
  const ours = fresh.filter(isOurs);
  const ports = [];
  for (const { port, inode, uid } of listening()) {
    if (before.ports.includes(inode)) continue;
    const owner = ownerOf(inode, all);
    const mayBeOurs = owner ? ours.includes(owner) : uid === process.getuid();
    if (mayBeOurs) ports.push(`port ${port}${owner ? ` of ${owner.name}` : ''}`);
  }
  return [...ours.map(({ pid, name }) => `process ${pid} ${name}`), ...ports];
}

const [when, file] = process.argv.slice(2);
if (!['before', 'after'].includes(when) || !file) {
  console.error('usage: node tools/check-leftovers.mjs before|after <file>');
  process.exit(2);
}
if (process.platform !== 'linux') {
  console.log('leftovers: not looked for, there is no /proc here');
} else if (when === 'before') {
  writeFileSync(file, JSON.stringify(snapshot()));
} else {
  const before = JSON.parse(readFileSync(file, 'utf8'));
  const end = Date.now() + PATIENCE_MS;
  let left = leftovers(before);
  while (left.length > 0 && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    left = leftovers(before);
  }
  console.log(left.length === 0 ? 'leftovers: none' : `left behind:\n${left.join('\n')}`);
  process.exitCode = left.length === 0 ? 0 : 1;
}
