// Checks a log whole, as `ledger verify` does, or only reads and parses it.
import { verifyLog } from '../dist/audit/verify/verify-log.js';
import { openEventStoreReader } from '../dist/event-store/open-event-store.js';
import { answering } from './answering.js';
import { timed } from './timed.js';

const NEVER = new AbortController().signal;
const WORK = { scan, verify };

answering(({ does, ...job }) => timed(() => WORK[does](job)));

/** Every event read, and its texts parsed. */
async function scan({ eventStoreUrl }) {
  const store = await openEventStoreReader(eventStoreUrl);
  let events = 0;
  for await (const page of store.pages()) {
    for (const { data, metadata } of page) {
      JSON.parse(data);
      JSON.parse(metadata);
      events += 1;
    }
  }
  await store.close();
  return events;
}

async function verify({ eventStoreUrl }) {
  const listener = { fault: () => undefined, done: () => undefined };
  const { events, faults } = await verifyLog({ eventStoreUrl }, {}, listener, NEVER);
  if (faults > 0) throw new Error(`${faults} faults in a log that has none`);
  return events;
}
