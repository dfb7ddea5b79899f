import { startEventStore } from '../test/support/eventstore-process.js';
import { median, perSecond, rounded, told } from './figures.js';
import { caughtUp, registeredLedger } from './ledger.js';
import { cpuSecondsOf, startSender } from './servers.js';

const CONNECTIONS = [64, 256];

/** Voids one after the other, each of which reads its sale: what a single terminal waits for. */
const VOIDS = 200;

/**
 * The service on EventStoreDB over HTTP, against the bare client: it appends the same events from as many workers, in
 * the same rounds. Then how fast the views catch up with all of it, and are rebuilt, against a bare reading with the same
 * filter.
 */
export async function benchEventStore(bench) {
  const server = await eventStore(bench);
  const service = await registeredLedger(bench, server.url);
  const load = startSender('./load.process.js');
  const client = startSender('./raw-client.process.js');
  const catchUp = startSender('./catch-up.process.js');
  const builder = startSender('./rebuild.process.js');
  try {
    const parts = { server, service, load, client };
    const sales = await salesRounds(bench, parts);
    await caughtUp(service);
    await service.stop();
    const views = await viewsRounds(bench, { server, client, catchUp, builder });
    return { ...salesFigures(sales), ...viewsFigures(views) };
  } finally {
    for (const sender of [load, client, catchUp, builder]) sender.stop();
    await service.stop();
    await server.stop();
  }
}

/** The one at KURRENTDB_URL, which is then not empty, or one of the bench's own, on disk. */
async function eventStore(bench) {
  const url = process.env.KURRENTDB_URL;
  if (url !== undefined) return { url, stop: () => Promise.resolve() };
  const server = await startEventStore({ folder: bench.newFolder() });
  return { ...server, cpuSeconds: () => cpuSecondsOf(server.pid) };
}

/** One object a round; the first round only warms up. */
async function salesRounds(bench, { server, service, load, client }) {
  const rounds = [];
  const first = process.hrtime.bigint() % 80_000n;
  for (let round = 0; round <= bench.rounds; round += 1) {
    const done = {};
    for (const [turn, connections] of CONNECTIONS.entries()) {
      const batchNo = String(100_000n + first + BigInt(round * CONNECTIONS.length + turn));
      const sales = { kind: 'sales', batchNo, count: bench.requests, connections };
      done[`http${connections}`] = await measure([service, server], bench.requests, () =>
        load.send({ url: service.url, ...sales }),
      );
      await caughtUp(service);
      done[`raw${connections}`] = await client.send({ url: server.url, does: 'append', ...sales });
    }
    const of = String(100_000n + first + BigInt(round * CONNECTIONS.length));
    const voids = { kind: 'voids', of, batchNo: String(Number(of) + 300_000), connections: 1 };
    const count = Math.min(VOIDS, bench.requests);
    done.voids = await load.send({ url: service.url, ...voids, count });
    if (round > 0) rounds.push(done);
    bench.say(`round ${round} of ${bench.rounds}: ${told(done)}`);
  }
  return rounds;
}

/** Processor time by what it was spent on, too. */
async function measure([service, server], count, send) {
  const before = [service, server].map((each) => each.cpuSeconds?.());
  const done = await send();
  const [cpuMicros, serverCpuMicros] = [service, server].map((each, index) =>
    before[index] === undefined ? undefined : ((each.cpuSeconds() - before[index]) / count) * 1e6,
  );
  return { ...done, cpuMicros, serverCpuMicros };
}

async function viewsRounds(bench, { server, client, catchUp, builder }) {
  const rounds = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    const read = await client.send({ url: server.url, does: 'read' });
    const views = await catchUp.send({ url: server.url, viewsDir: bench.newFolder() });
    const job = { does: 'rebuild', eventStoreUrl: server.url, viewsDir: bench.newFolder() };
    const rebuild = await builder.send(job);
    for (const { count } of [views, rebuild]) {
      if (count !== read.count) throw new Error(`${count} events in views, ${read.count} read`);
    }
    rounds.push({ read, views, rebuild });
    bench.say(`round ${round} of ${bench.rounds}: ${told({ read, views, rebuild })}`);
  }
  return rounds;
}

function salesFigures(rounds) {
  const of = (name, figure = perSecond) =>
    rounded(median(rounds.map((done) => figure(done[name]))));
  const latency = (name) => rounded(median(rounds.map(({ voids }) => voids[name])));
  const voidLatencyMsAt1 = `p50 ${latency('p50')}, p99 ${latency('p99')}`;
  return Object.fromEntries(
    CONNECTIONS.flatMap((connections) => {
      const [http, raw] = [`http${connections}`, `raw${connections}`];
      const ratios = rounds.map((done) => perSecond(done[http]) / perSecond(done[raw]));
      return [
        [`salesToRawAt${connections}`, rounded(median(ratios), 2)],
        [`salesPerSecondAt${connections}`, of(http)],
        [`rawAppendsPerSecondAt${connections}`, of(raw)],
        [`saleCpuMicrosAt${connections}`, of(http, ({ cpuMicros }) => cpuMicros)],
        [`rawAppendCpuMicrosAt${connections}`, of(raw, ({ cpuMicros }) => cpuMicros)],
        [`serverCpuMicrosAt${connections}`, of(http, ({ serverCpuMicros }) => serverCpuMicros)],
      ];
    }).concat([['voidLatencyMsAt1', voidLatencyMsAt1]]),
  );
}

function viewsFigures(rounds) {
  const of = (name, figure = perSecond) =>
    rounded(median(rounds.map((done) => figure(done[name]))));
  const toRead = (name) =>
    rounded(median(rounds.map((done) => perSecond(done[name]) / perSecond(done.read))), 2);
  return {
    catchUpToRead: toRead('views'),
    rebuildToRead: toRead('rebuild'),
    catchUpPerSecond: of('views'),
    rebuiltPerSecond: of('rebuild'),
    readPerSecond: of('read'),
    catchUpCpuMicros: of('views', ({ cpuMicros }) => cpuMicros),
    rebuildCpuMicros: of('rebuild', ({ cpuMicros }) => cpuMicros),
    readCpuMicros: of('read', ({ cpuMicros }) => cpuMicros),
    eventsCaughtUp: rounds[0]?.read.count,
  };
}
