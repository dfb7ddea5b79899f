import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { OpenBatches } from '../../../src/batches/open-batches.js';
import type { Journal } from '../../../src/ledger/journal.js';
import type { News } from '../../../src/ledger/news.js';
import type { MerchantDirectory } from '../../../src/merchants/merchant-directory.js';
import type { Views } from '../../../src/projections/views.js';

test('who asks while the open batches are read gets what is read after that', async () => {
  const waiting: (() => void)[] = [];
  let readings = 0;
  const views = {
    waitFor: () => new Promise<void>((resolve) => waiting.push(resolve)),
    batches: {
      live: () => {
        readings += 1;
        return [];
      },
    },
  };
  const batches = new OpenBatches(
    { head: () => Promise.resolve('0') } as unknown as Journal,
    views as unknown as Views,
    {} as MerchantDirectory,
    {
      isNeeded: true,
      listen: () => undefined,
      listening: () => Promise.resolve(),
    } as unknown as News,
  );

  const first = batches.restore();
  await turn();
  const others = [batches.restore(), batches.restore()];
  waiting.shift()?.();
  await first;
  expect(readings).toBe(1);
  await turn();
  waiting.shift()?.();
  await Promise.all(others);
  expect(readings).toBe(2);
});

const BATCH = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001' };

/** Those of a log that has none. */
function ofEmptyLog(): OpenBatches {
  return ofBatchStream([], false);
}

function ofBatchStream(events: readonly object[], isNeeded: boolean, live = () => []): OpenBatches {
  const nothing = (): Promise<void> => Promise.resolve();
  const journal = { head: () => Promise.resolve('0'), read: () => Promise.resolve(events) };
  return new OpenBatches(
    journal as unknown as Journal,
    { waitFor: nothing, batches: { live } } as unknown as Views,
    {} as MerchantDirectory,
    { isNeeded, listen: () => undefined, listening: nothing } as unknown as News,
  );
}

test('a batch is idle, and forgets its date, only when the last request that it let in has left it', async () => {
  const batches = ofEmptyLog();
  const batch = await batches.find(BATCH);
  const day = { date: '2026-11-24', endsAt: 1 };
  const next = { date: '2026-11-25', endsAt: 2 };
  batch.enter(day);
  batch.enter(day);
  let isIdle = false;
  const idle = batch.idle().then(() => (isIdle = true));

  batch.leave('nothing');
  await turn();
  expect(isIdle).toBe(false);
  expect(batch.enter(next)).toMatchObject({ code: 'batch-date' });

  batch.leave('nothing');
  await idle;
  expect(batch.enter(next)).toBeUndefined();
});

test('a batch that two requests ask for at the same moment is one', async () => {
  const batches = ofEmptyLog();
  await batches.restore();
  const [one, other] = await Promise.all([batches.find(BATCH), batches.find(BATCH)]);
  expect(one).toBe(other);
});

test('where other nodes write, a batch that its own stream tells to be closed is known without asking which are open', async () => {
  const data = { ...BATCH, businessDate: '2026-11-24', occurredAt: '2026-11-24T10:00:00.000Z' };
  const events = ['BatchCloseRequested', 'BatchClosed'].map((type) => ({ event: { type, data } }));
  let asked = 0;
  const batches = ofBatchStream(events, true, () => {
    asked += 1;
    return [];
  });

  expect(await batches.find(BATCH)).toMatchObject({ status: 'closed' });
  expect(asked).toBe(0);
});
