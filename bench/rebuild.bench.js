import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, perSecond, rounded, told } from './figures.js';
import { caughtUp, send, storeSettings } from './ledger.js';
import { runScript, startSender, startServer } from './servers.js';

const CONNECTIONS = 64;

/**
 * All views from one log: against a plain loop that writes the same rows, what memory that takes of a log ten times as
 * long, and what sales a service takes meanwhile.
 */
export async function benchRebuild(bench) {
  const folder = bench.newFolder();
  const eventStoreUrl = `file:${folder}`;
  const filler = startSender('./trade.process.js');
  try {
    const memory = {};
    const fill = async (events) => {
      const { seconds } = await filler.send({ folder, events });
      bench.say(`filled up to ${events} events in ${Math.round(seconds)} s`);
    };
    const rebuilt = async () => {
      const job = { does: 'rebuild', eventStoreUrl, viewsDir: bench.newFolder() };
      return runScript('./rebuild.process.js', job);
    };
    await fill(bench.events / 2);
    memory.small = (await rebuilt()).peakMemoryMb;
    await fill(bench.events);
    const rounds = await rebuildRounds(bench, eventStoreUrl);
    const service = await serviceRounds(bench, folder);
    await fill(bench.events * 5);
    memory.large = (await rebuilt()).peakMemoryMb;
    bench.say(`peak memory ${memory.small} MB and ${memory.large} MB`);
    return { ...figures(rounds), ...service, ...memoryFigures(memory) };
  } finally {
    filler.stop();
  }
}

/** The first round only warms up. */
async function rebuildRounds(bench, eventStoreUrl) {
  const builder = startSender('./rebuild.process.js');
  const rounds = [];
  const folder = bench.newFolder();
  const captured = join(folder, 'writes.db');
  try {
    const capture = { does: 'capture', eventStoreUrl, captured, viewsDir: folder };
    await runScript('./rebuild.process.js', capture);
    for (let round = 0; round <= bench.rounds; round += 1) {
      const built = bench.newFolder();
      const rebuild = await builder.send({ does: 'rebuild', eventStoreUrl, viewsDir: built });
      const done = { rebuild };
      for (const does of ['plain', 'once']) {
        const viewsDir = bench.newFolder();
        done[does] = await builder.send({ does, eventStoreUrl, captured, viewsDir, built });
        if (round === 0) await builder.send({ does: 'compare', viewsDir, built });
        bench.remove(viewsDir);
        if (done[does].count !== rebuild.count) {
          throw new Error(`${rebuild.count} events in the views, ${done[does].count} read`);
        }
      }
      bench.remove(built);
      if (round > 0) rounds.push(done);
      bench.say(`round ${round} of ${bench.rounds}: ${told(done)}`);
    }
  } finally {
    builder.stop();
    bench.remove(folder);
  }
  return rounds;
}

/** Sales while views are being rebuilt, and while none is, in turns on one service. */
async function serviceRounds(bench, folder) {
  const service = await startServer('../dist/bundle/main.js', storeSettings(folder));
  const load = startSender('./load.process.js');
  const rounds = [];
  try {
    await caughtUp(service);
    for (let round = 0; round <= bench.rounds; round += 1) {
      const alone = await sell(bench, load, service, round * 2);
      const rebuilding = new Rebuilding(service);
      const meanwhile = await sell(bench, load, service, round * 2 + 1);
      await rebuilding.stop();
      await caughtUp(service);
      if (round > 0) rounds.push(perSecond(meanwhile) / perSecond(alone));
      bench.say(`round ${round} of ${bench.rounds}: sales ${told({ alone, meanwhile })}`);
    }
  } finally {
    load.stop();
    await service.stop();
  }
  return { salesDuringRebuildToAlone: rounded(median(rounds), 2) };
}

async function sell(bench, load, { url }, turn) {
  const batchNo = String(100_000 + turn);
  const count = bench.requests;
  return load.send({ url, kind: 'sales', batchNo, count, connections: CONNECTIONS });
}

const REBUILD = '/v1/projections/books/rebuild';

/** The view with the most rows is rebuilt over and over, until it is stopped. */
class Rebuilding {
  #isStopped = false;
  #ended;

  constructor(service) {
    this.#ended = this.#run(service);
  }

  async stop() {
    this.#isStopped = true;
    await this.#ended;
  }

  async #run(service) {
    let isRunning = false;
    while (!this.#isStopped) {
      if (!isRunning) await send(service, 'POST', REBUILD);
      await sleep(50);
      const { status, reason } = await send(service, 'GET', REBUILD);
      if (status === 'failed') throw new Error(`the rebuild failed: ${reason}`);
      isRunning = status !== 'done';
    }
    await send(service, 'DELETE', REBUILD);
  }
}

function figures(rounds) {
  const of = (figure) => median(rounds.map(figure));
  return {
    rebuildToPlainLoop: rounded(
      of(({ plain, rebuild }) => perSecond(rebuild) / perSecond(plain)),
      2,
    ),
    rebuildToRowsOnce: rounded(
      of(({ once, rebuild }) => perSecond(rebuild) / perSecond(once)),
      2,
    ),
    rebuiltPerSecond: rounded(of(({ rebuild }) => perSecond(rebuild))),
    rebuildCpuMicros: rounded(
      of(({ rebuild }) => rebuild.cpuMicros),
      1,
    ),
    plainLoopCpuMicros: rounded(
      of(({ plain }) => plain.cpuMicros),
      1,
    ),
  };
}

function memoryFigures({ small, large }) {
  return {
    rebuildMemoryOfTenTimes: rounded(large / small, 2),
    rebuildPeakMemoryMb: small,
  };
}
