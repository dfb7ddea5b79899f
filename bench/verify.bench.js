import { median, perSecond, rounded, told } from './figures.js';
import { runScript, startSender } from './servers.js';

/**
 * The check of the whole log, in the threads that `ledger verify` has, against a bare reading of it by one that parses every
 * event; in turns and in one process.
 */
export async function benchVerify(bench) {
  const folder = bench.newFolder();
  const filled = await runScript('./trade.process.js', { folder, events: bench.events });
  bench.say(`filled with ${filled.events} events in ${Math.round(filled.seconds)} s`);
  const reader = startSender('./verify.process.js');
  const rounds = [];
  try {
    // The first round only warms up.
    for (let round = 0; round <= bench.rounds; round += 1) {
      const scan = await reader.send({ does: 'scan', eventStoreUrl: `file:${folder}` });
      const verify = await reader.send({ does: 'verify', eventStoreUrl: `file:${folder}` });
      if (scan.count !== verify.count) {
        throw new Error(`${verify.count} events checked, ${scan.count} read`);
      }
      if (round > 0) rounds.push({ scan, verify });
      bench.say(`round ${round} of ${bench.rounds}: ${told({ scan, verify })}`);
    }
  } finally {
    reader.stop();
  }
  const of = (figure) => median(rounds.map(figure));
  return {
    verifyToScan: rounded(
      of(({ scan, verify }) => perSecond(verify) / perSecond(scan)),
      2,
    ),
    verifiedPerSecond: rounded(of(({ verify }) => perSecond(verify))),
    scannedPerSecond: rounded(of(({ scan }) => perSecond(scan))),
    verifyCpuMicros: rounded(
      of(({ verify }) => verify.cpuMicros),
      1,
    ),
    scanCpuMicros: rounded(
      of(({ scan }) => scan.cpuMicros),
      1,
    ),
  };
}
