// Fills a log with trade as it is: batches of sales, some voided before they are closed, some refunded after. Each
// request is decided and appended as the service would, without its routes.
import { composeLedger } from '../dist/compose-ledger.js';
import { openEventStore } from '../dist/event-store/open-event-store.js';
import { systemClock } from '../dist/ledger/clock.js';
import { Views } from '../dist/projections/views.js';
import { answering } from './answering.js';
import { registerMerchants } from './appended-sales.js';
import { MERCHANTS, merchantId, saleBody, saleId, TERMINAL } from './requests.js';

/** The most sales that the batches of one number have, of all merchants together; one in so many is voided, another refunded. */
const BATCH_SALES = 20_000;
const ONE_IN = 25;

const IN_FLIGHT = 1_000;
const FIRST_BATCH = 500_001;
const BY = { kind: 'terminal', id: 'bench' };

/** The next batch number: a log that is filled further goes on with it. */
let batch = FIRST_BATCH;

answering(fill);

async function fill({ folder, events }) {
  const eventStoreUrl = `file:${folder}`;
  const store = await openEventStore(eventStoreUrl, 'thread');
  const views = await Views.open({ viewsDir: folder, eventStoreUrl });
  const ledger = composeLedger({ store, views, clock: systemClock });
  const caughtUp = async () => views.waitFor(await store.head(), undefined, 600_000);
  await registerMerchants(ledger.merchants);
  const began = performance.now();
  const batchSales = Math.min(BATCH_SALES, Math.ceil(events / 2 / MERCHANTS) * MERCHANTS);
  let count = 0;
  for (; count < events; batch += 1) {
    const closed = batch === FIRST_BATCH ? undefined : String(batch - 1);
    await tradeOf(ledger, batchSales, String(batch), { closed, caughtUp });
    count = Number(await store.head());
  }
  await caughtUp();
  await views.close();
  await store.close();
  return { events: count, seconds: (performance.now() - began) / 1_000 };
}

/** `count`: as many of each merchant. `closed`: the batch number before, whose sales have settled and can be refunded. */
async function tradeOf({ sales, giveBacks, batches }, count, batchNo, { closed, caughtUp }) {
  const givenBack = Math.floor(count / ONE_IN);
  await each(count, (index) => {
    const sale = saleBody(index, batchNo);
    return sales.take(sale, { content: sale, by: BY });
  });
  const giveBack = (asked, index, of, number) => {
    const { merchantId, terminalId, stan } = saleBody(number, batchNo);
    const content = { merchantId, terminalId, batchNo, stan, reason: 'goods brought back' };
    const command = { ...content, asked, saleId: saleId(index, of) };
    return giveBacks.giveBack(command, { content, by: BY });
  };
  await each(givenBack, (index) => giveBack('void', index, batchNo, count + index));
  if (closed !== undefined) {
    const first = count + givenBack;
    await each(givenBack, (index) => giveBack('refund', givenBack + index, closed, first + index));
  }
  await caughtUp();
  await each(MERCHANTS, (index) =>
    batches.close({ merchantId: merchantId(index), terminalId: TERMINAL, batchNo }, {}, BY),
  );
}

async function each(count, task) {
  for (let from = 0; from < count; from += IN_FLIGHT) {
    const outcomes = await Promise.all(
      Array.from({ length: Math.min(IN_FLIGHT, count - from) }, (_, index) => task(from + index)),
    );
    const refused = outcomes.find((outcome) => outcome.refusal);
    if (refused) throw new Error(refused.refusal.detail.en);
  }
}
