import { median, perSecond, rounded, told } from './figures.js';
import { caughtUp, emptyLedger, filledLedger, keyedLedger } from './ledger.js';
import { startSender, startServer } from './servers.js';

const CONNECTIONS = 64;

/** Of those that upload what they have stored. */
const BULK_CONNECTIONS = 4;

/** Servers that have views. */
const LEDGERS = ['empty', 'keyed', 'long'];

/** Of the log that a bench fills. Load after load is in batches of its own. */
const FILLED = '900000';

/**
 * The main job over HTTP, durable, on an empty log and on a long one, against routes that store nothing.
 * All of them take turns in each round; what counts are the ratios within a round.
 */
export async function benchSales(bench) {
  const load = startSender('./load.process.js');
  const servers = {
    bareNest: await startServer('./bare-nest.js'),
    empty: await emptyLedger(bench),
    keyed: await keyedLedger(bench),
    long: await filledLedger(bench, bench.sales, FILLED),
    bareFastify: await startServer('./bare-fastify.js'),
    nestPipe: await startServer('./bare-nest.js', { VALIDATION: 'pipe' }),
  };
  try {
    const rounds = await salesRounds(bench, servers, load);
    const others = await otherRounds(bench, servers, load);
    const memory = { empty: servers.empty.peakMemoryMb(), long: servers.long.peakMemoryMb() };
    return {
      ...ratios(rounds),
      ...others,
      salesInLongLog: bench.sales,
      projectedPerSecond: rounded(servers.long.projectedPerSecond),
      peakMemoryMb: memory.empty,
      peakMemoryAtMillionMb: memory.long,
    };
  } finally {
    load.stop();
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
}

/** One object a round, with what each server did; the first round only warms up. */
async function salesRounds(bench, servers, load) {
  const rounds = [];
  for (let round = 0; round <= bench.rounds; round += 1) {
    const done = {};
    for (const name of order(Object.keys(servers), round)) {
      done[name] = await measure(servers[name], load, {
        kind: 'sales',
        batchNo: batchNo(round, 1),
        count: bench.requests,
        keys: servers[name].keys,
      });
      if (LEDGERS.includes(name)) done[name].behindMs = await behind(servers[name]);
    }
    if (round > 0) rounds.push(done);
    bench.say(`round ${round} of ${bench.rounds}: ${told(done)}`);
  }
  return rounds;
}

/** How long the views took to catch up once a load had ended. They do not disturb what is measured next. */
async function behind(server) {
  const began = performance.now();
  await caughtUp(server);
  return performance.now() - began;
}

/** Nobody is always behind the same other. */
function order(names, round) {
  const turn = round % names.length;
  return [...names.slice(turn), ...names.slice(0, turn)];
}

async function otherRounds(bench, servers, load) {
  const rounds = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    const done = {};
    const of = batchNo(round, 1);
    for (const name of order(['empty', 'long'], round)) {
      const server = servers[name];
      const count = bench.requests;
      const voids = { kind: 'voids', of, batchNo: batchNo(round, 2), count };
      done[`${name} voidability`] = await measure(server, load, { kind: 'voidability', of, count });
      done[`${name} voids`] = await measure(server, load, voids);
    }
    done.single = await measure(servers.empty, load, {
      kind: 'sales',
      batchNo: batchNo(round, 3),
      count: bench.requests,
    });
    await caughtUp(servers.empty);
    done.bulk = await measureBulk(servers.empty, load, {
      kind: 'bulk',
      batchNo: batchNo(round, 4),
      count: bench.requests,
    });
    rounds.push(done);
    bench.say(`round ${round} of ${bench.rounds}: ${told(done)}`);
  }
  const of = (name) => median(rounds.map((round) => perSecond(round[name])));
  return {
    bulkSalesPerSecond: rounded(of('bulk')),
    bulkToSingle: ratio(rounds, 'bulk', 'single'),
    voidsPerSecond: rounded(of('empty voids')),
    voidsAtMillionToEmpty: ratio(rounds, 'long voids', 'empty voids'),
    voidabilityReadsPerSecond: rounded(of('empty voidability')),
    voidabilityAtMillionToEmpty: ratio(rounds, 'long voidability', 'empty voidability'),
    voidLatencyMs: latency(rounds, 'empty voids'),
    voidabilityLatencyMs: latency(rounds, 'empty voidability'),
  };
}

function batchNo(round, use) {
  return `${use}${String(round).padStart(5, '0')}`;
}

/** @throws Error unless every line became an event: a line fails alone, in an answer that is 200 */
async function measureBulk(server, load, what) {
  const before = await caughtUp(server);
  const done = await measure(server, load, { ...what, connections: BULK_CONNECTIONS });
  const events = (await caughtUp(server)) - before;
  // The head of the trail may have been signed meanwhile.
  if (events !== what.count && events !== what.count + 1) {
    throw new Error(`${events} events of ${what.count} lines`);
  }
  return done;
}

async function measure(server, load, what) {
  const before = server.cpuSeconds();
  const done = await load.send({ url: server.url, connections: CONNECTIONS, ...what });
  const cpu = server.cpuSeconds() - before;
  return { ...done, cpuMicros: (cpu / done.count) * 1e6 };
}

function ratios(rounds) {
  const rate = (name) => rounded(median(rounds.map((round) => perSecond(round[name]))));
  const cpu = (name) => rounded(median(rounds.map((round) => round[name].cpuMicros)), 1);
  return {
    salesPerSecond: rate('empty'),
    salesToBareNest: ratio(rounds, 'empty', 'bareNest'),
    salesToBareFastify: ratio(rounds, 'empty', 'bareFastify'),
    keyedSalesToBareNest: ratio(rounds, 'keyed', 'bareNest'),
    salesToNestValidationPipe: ratio(rounds, 'empty', 'nestPipe'),
    salesAtMillionPerSecond: rate('long'),
    salesAtMillionToEmpty: ratio(rounds, 'long', 'empty'),
    bareNestPerSecond: rate('bareNest'),
    bareFastifyPerSecond: rate('bareFastify'),
    nestValidationPipePerSecond: rate('nestPipe'),
    saleLatencyMs: latency(rounds, 'empty'),
    saleAtMillionLatencyMs: latency(rounds, 'long'),
    viewsBehindMs: rounded(median(rounds.map((round) => round.empty.behindMs))),
    saleCpuMicros: cpu('empty'),
    keyedSaleCpuMicros: cpu('keyed'),
    saleAtMillionCpuMicros: cpu('long'),
    bareNestCpuMicros: cpu('bareNest'),
    bareFastifyCpuMicros: cpu('bareFastify'),
  };
}

function ratio(rounds, name, to) {
  return rounded(median(rounds.map((round) => perSecond(round[name]) / perSecond(round[to]))), 2);
}

function latency(rounds, name) {
  return {
    p50: median(rounds.map((round) => round[name].p50)),
    p99: median(rounds.map((round) => round[name].p99)),
  };
}
