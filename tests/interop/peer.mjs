// A lock library of Node as a process that does what its standard input says, one JSON object per
// line, and answers each with one line (peer.h).
//   node peer.mjs MODULES redlock-4|redlock-5|sesamecare DB URL...
// MODULES is the folder with node_modules; DB is where sesamecare's locks are.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [modules, library, db, ...urls] = process.argv.slice(2);
const require = createRequire(`${modules}/package.json`);
const { Redis } = require('ioredis');

const connect = (url) => new Redis(url).on('error', (error) => console.error(`${url}: ${error}`));
const servers = urls.map(connect);

// How long to pause between two attempts.
const pause = { retryDelay: 20, retryJitter: 15 };
const retriesFor = (wait) => Math.ceil(wait / pause.retryDelay);

function makeRedlock(settings) {
  const options = { ...pause, ...settings };
  if (library === 'redlock-4') {
    const Redlock = require('redlock-4');
    return new Redlock(servers, options).on('clientError', () => {});
  }
  if (library === 'redlock-5') {
    const Redlock = require('redlock-5').default;
    return new Redlock(servers, options).on('error', () => {});
  }
  const { Redlock } = require('@sesamecare-oss/redlock');
  return new Redlock(servers, { ...options, db: Number(db) });
}

// Version 4 says "failed" alone; the others keep each server's reason.
async function isRefusal(error) {
  if (library === 'redlock-4') return error.name === 'LockError';
  const stats = await error.attempts?.at(-1);
  if (!stats) return false;
  const votes = [...stats.votesAgainst.values()];
  return votes.every((error) => error.constructor.name === 'ResourceLockedError');
}

const locks = new Map();
const keyOf = (names) => JSON.stringify(names);
const release = (lock) => (library === 'redlock-4' ? lock.unlock() : lock.release());

// Attempts of one call have one value, and versions from 5 on leave its keys between them, so that
// those who have one node each keep each other out. A new call for each attempt does not.
async function acquireAtLast(redlock, names, ttl) {
  for (;;) {
    try {
      return await redlock.acquire(names, ttl);
    } catch (error) {
      if (!(await isRefusal(error))) throw error;
    }
    await sleep(1 + Math.random() * 2 * pause.retryDelay);
  }
}

const commands = {
  async acquire({ names, ttl, wait }) {
    const redlock = makeRedlock({ retryCount: retriesFor(wait) });
    locks.set(keyOf(names), await redlock.acquire(names, ttl));
  },

  async extend({ names, ttl }) {
    const key = keyOf(names);
    locks.set(key, await locks.get(key).extend(ttl));
  },

  async release({ names }) {
    await release(locks.get(keyOf(names)));
  },

  // Holds it until `end`, by extending it.
  async keep({ names, ttl }) {
    const redlock = makeRedlock({ retryCount: 0, automaticExtensionThreshold: ttl / 2 });
    await new Promise((obtained, failed) => {
      const run = redlock.using(names, ttl, {}, (signal) => new Promise((end) => {
        locks.set(keyOf(names), { end: () => end(signal.aborted), run });
        obtained();
      }));
      run.catch(failed);
    });
  },

  async end({ names }) {
    const { end, run } = locks.get(keyOf(names));
    end();
    if (await run) throw new Error('the lock was lost');
  },

  // Increments a counter that nothing but the lock protects.
  async count({ names, ttl, rounds, counter }) {
    const redlock = makeRedlock({ retryCount: 0 });
    const store = connect(`redis://127.0.0.1:${counter}`);
    for (let round = 0; round < rounds; ++round) {
      const lock = await acquireAtLast(redlock, names, ttl);
      await store.set('counter', Number(await store.get('counter')) + 1);
      await release(lock);
    }
    store.disconnect();
  },
};

async function answer(request) {
  try {
    await commands[request.do](request);
    return { ok: true };
  } catch (error) {
    return { ok: false, refused: await isRefusal(error), why: String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
process.exit(0);
