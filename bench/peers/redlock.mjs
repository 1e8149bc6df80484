// A lock library of Node, with its default settings, as a process that is told by lines what to do
// (../load/worker.h).
//   node redlock.mjs MODULES redlock-4|redlock-5|sesamecare PIPELINING(0|1) URL...
// MODULES is the folder with node_modules; PIPELINING is ioredis' enableAutoPipelining.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [modules, library, pipelining, ...urls] = process.argv.slice(2);
const require = createRequire(`${modules}/package.json`);
const { Redis } = require('ioredis');
const servers = urls.map((url) => new Redis(url, { enableAutoPipelining: pipelining === '1' }));
const ttl = 10_000;

function makeRedlock() {
  if (library === 'redlock-4') {
    const Redlock = require('redlock-4');
    return new Redlock(servers).on('clientError', () => {});
  }
  if (library === 'redlock-5') {
    const Redlock = require('redlock-5').default;
    return new Redlock(servers).on('error', () => {});
  }
  const { Redlock } = require('@sesamecare-oss/redlock');
  return new Redlock(servers);
}

const redlock = makeRedlock();
const acquire = (name) => redlock.acquire([name], ttl);
const release = (lock) => (library === 'redlock-4' ? lock.unlock() : lock.release());
const now = () => Number(process.hrtime.bigint());

async function runPairs(inFlight, count) {
  const measured = { acquires: [], pairs: [], failed: 0 };
  let left = count;
  const run = async (name) => {
    while (left-- > 0) {
      const start = now();
      try {
        const lock = await acquire(name);
        const acquired = now();
        await release(lock);
        measured.acquires.push(acquired - start);
        measured.pairs.push(now() - start);
      } catch {
        ++measured.failed;  // As on a machine so busy that a lock runs out before its release.
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, i) => run(`free:${i}`)));
  return measured;
}

const orders = {
  async pairs(inFlight, count) {
    const cpu = process.cpuUsage();
    const start = now();
    const measured = await runPairs(inFlight, count);
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (now() - start) / 1e9, cpu: (user + system) / 1e6, ...measured };
  },

  async drain() {
    await Promise.all(servers.map((server) => server.ping()));
    return {};
  },

  async contend(seconds, holdUs) {
    const end = now() + seconds * 1e9;
    const result = { holds: [], failed: 0 };
    for (let asked = now(); asked < end; asked = now()) {
      try {
        const lock = await acquire('contended');
        const acquired = now();
        await sleep(holdUs / 1000);
        result.holds.push([asked, acquired, now()]);
        await release(lock);
      } catch {
        ++result.failed;
      }
    }
    return result;
  },
};

await orders.drain();
console.log('{}');
for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...numbers] = line.split(' ');
  console.log(JSON.stringify(await orders[order](...numbers.map(Number))));
}
process.exit(0);
