// Fills a log with sales.
import { openEventStore } from '../dist/event-store/open-event-store.js';
import { answering } from './answering.js';
import { salesInto } from './appended-sales.js';
import { MERCHANTS, merchantId, saleBody } from './requests.js';

const STANS = 900_000;

answering(fill);

async function fill({ eventStoreUrl, sales, batchNo, few }) {
  const began = performance.now();
  const store = await openEventStore(eventStoreUrl, 'thread');
  const append = await salesInto(store);
  await append(sales, (number) => {
    const body = saleBody(number, batchNo);
    if (few === undefined) return { merchant: number % MERCHANTS, body };
    const isOfFew = number < few;
    const merchant = isOfFew ? 1 : 0;
    const name = nameIn(isOfFew ? number : number - few, merchant, batchNo);
    return { merchant, body: { ...body, ...name } };
  });
  await store.close();
  return { seconds: (performance.now() - began) / 1_000 };
}

/** The name of a merchant's sale: a batch holds no more than STANs of six digits can name. */
function nameIn(number, merchant, firstBatch) {
  const batchNo = String(firstBatch + Math.floor(number / STANS));
  const stan = String((number % STANS) + 1).padStart(6, '0');
  return { merchantId: merchantId(merchant), batchNo, stan };
}
