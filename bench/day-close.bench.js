import { perSecond, rounded } from './figures.js';
import { filledLedger, send } from './ledger.js';
import { MERCHANTS, merchantId, TERMINAL } from './requests.js';

const BATCH_NO = '100001';
const DAY_MS = 86_400_000;

/** Every open batch of every merchant closed by the ledger itself at the cut-off, which the sandbox clock brings about. */
export async function benchDayClose(bench) {
  const service = await filledLedger(bench, bench.closing, BATCH_NO);
  try {
    const began = performance.now();
    await send(service, 'PUT', '/v1/sandbox/clock', {
      now: new Date(Date.now() + DAY_MS).toISOString(),
    });
    const seconds = (performance.now() - began) / 1_000;
    const count = await settledSales(service);
    if (count !== bench.closing) {
      throw new Error(`${count} of ${bench.closing} sales settled`);
    }
    return { settledPerSecond: rounded(perSecond({ count, seconds })) };
  } finally {
    await service.stop();
  }
}

async function settledSales(service) {
  let count = 0;
  for (let index = 0; index < MERCHANTS; index += 1) {
    const path = `/v1/merchants/${merchantId(index)}/terminals/${TERMINAL}/batches/${BATCH_NO}`;
    const { status, settled } = await send(service, 'GET', path);
    if (status !== 'closed') throw new Error(`${path} is ${status}`);
    count += settled.count;
  }
  return count;
}
