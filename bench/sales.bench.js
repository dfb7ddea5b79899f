import { median, perSecond, rounded } from './figures.js';
import { emptyLedger, filledLedger } from './ledger.js';
import { startSender, startServer } from './servers.js';

const CONNECTIONS = 64;

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
      });
    }
    if (round > 0) rounds.push(done);
    bench.say(`round ${round} of ${bench.rounds}: ${told(done)}`);
  }
  return rounds;
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
    rounds.push(done);
    bench.say(`round ${round} of ${bench.rounds}: ${told(done)}`);
  }
  const of = (name) => median(rounds.map((round) => perSecond(round[name])));
  return {
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

async function measure(server, load, what) {
  const before = server.cpuSeconds();
  const done = await load.send({ url: server.url, connections: CONNECTIONS, ...what });
  const cpu = server.cpuSeconds() - before;
  return { ...done, cpuMicros: (cpu / done.count) * 1e6 };
}

function told(done) {
  return Object.entries(done)
    .map(([name, figures]) => `${name} ${Math.round(perSecond(figures))}/s`)
    .join(', ');
}

function ratios(rounds) {
  const rate = (name) => rounded(median(rounds.map((round) => perSecond(round[name]))));
  const cpu = (name) => rounded(median(rounds.map((round) => round[name].cpuMicros)), 1);
  return {
    salesPerSecond: rate('empty'),
    salesToBareNest: ratio(rounds, 'empty', 'bareNest'),
    salesToBareFastify: ratio(rounds, 'empty', 'bareFastify'),
    salesToNestValidationPipe: ratio(rounds, 'empty', 'nestPipe'),
    salesAtMillionPerSecond: rate('long'),
    salesAtMillionToEmpty: ratio(rounds, 'long', 'empty'),
    bareNestPerSecond: rate('bareNest'),
    bareFastifyPerSecond: rate('bareFastify'),
    nestValidationPipePerSecond: rate('nestPipe'),
    saleLatencyMs: latency(rounds, 'empty'),
    saleAtMillionLatencyMs: latency(rounds, 'long'),
    saleCpuMicros: cpu('empty'),
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
