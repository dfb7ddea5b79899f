// Appends sales to an empty log, with a thread that keeps views of it, or without.
import { Worker } from 'node:worker_threads';
import { openEventStore } from '../dist/event-store/open-event-store.js';
import { answering } from './answering.js';
import { salesInto } from './appended-sales.js';
import { MERCHANTS, saleBody } from './requests.js';
import { timed } from './timed.js';

const FIRST_BATCH = 100_000;

/** The most that the STANs of one batch of each merchant can name is far more. */
const BATCH_SALES = 20_000;

answering(append);

async function append({ folder, sales, kept }) {
  const eventStoreUrl = `file:${folder}`;
  const store = await openEventStore(eventStoreUrl, 'thread');
  const appendAll = await salesInto(store);
  const views =
    kept.length > 0 ? await startViews({ eventStoreUrl, viewsDir: folder, kept }) : undefined;
  const figures = await timed(async () => {
    await appendAll(sales, (number) => ({
      merchant: number % MERCHANTS,
      body: saleBody(number % BATCH_SALES, String(FIRST_BATCH + Math.floor(number / BATCH_SALES))),
    }));
    return sales;
  });
  await views?.reach(await store.head());
  await store.close();
  return figures;
}

async function startViews(workerData) {
  const thread = new Worker(new URL('./views.worker.js', import.meta.url), { workerData });
  const told = () =>
    new Promise((resolve, reject) => {
      thread.once('message', resolve).once('error', reject);
    });
  await told();
  return {
    /** Resolves once the views have seen all of the log: it was no idle thread. */
    async reach(position) {
      thread.postMessage(position);
      await told();
      await thread.terminate();
    },
  };
}
