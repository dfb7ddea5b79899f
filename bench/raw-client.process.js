// EventStoreDB's own client with nothing around it: what the server and the client can do.
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import {
  jsonEvent,
  KurrentDBClient,
  NO_STREAM,
  START,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import { STREAM_PREFIXES } from '../dist/ledger/domain/request-name.js';
import { answering } from './answering.js';
import { timed } from './timed.js';

const clients = new Map();

answering(({ url, does, ...job }) => {
  if (!clients.has(url)) clients.set(url, KurrentDBClient.connectionString(url));
  const client = clients.get(url);
  return does === 'append' ? append(client, job) : read(client);
});

/** The sales of a batch number once more, each to a stream that the ledger does not look at. */
async function append(client, { connections, count, batchNo }) {
  const events = [];
  for await (const { event } of ledgerEvents(client)) {
    const { type, data, metadata, streamId } = event;
    if (type !== 'Sale' || data.batchNo !== batchNo) continue;
    const raw = Buffer.from(JSON.stringify(metadata));
    const sent = jsonEvent({ id: randomUUID(), type, data, metadata: Uint8Array.from(raw) });
    events.push([`raw-${streamId}`, sent]);
  }
  if (events.length !== count) throw new Error(`${events.length} sales of ${count} found`);
  const work = async () => {
    for (let next = events.pop(); next; next = events.pop()) {
      await client.appendToStream(...next, { streamState: NO_STREAM });
    }
  };
  return timed(async () => {
    await Promise.all(Array.from({ length: connections }, work));
    return count;
  });
}

function read(client) {
  return timed(async () => {
    let count = 0;
    for await (const { event } of ledgerEvents(client)) if (event) count += 1;
    return count;
  });
}

function ledgerEvents(client) {
  const filter = streamNameFilter({ prefixes: [...STREAM_PREFIXES] });
  return client.readAll({ fromPosition: START, filter });
}
