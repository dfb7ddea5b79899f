import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { START } from '../../src/event-store/event-store.js';
import { KurrentDbEventStore } from '../../src/event-store/kurrentdb/kurrentdb-event-store.js';
import { anEvent, ids } from '../contract/event-store/events.js';
import { afterSuite } from '../support/store-folder.js';
import { sharedServer } from '../support/store-settings.js';

const APPENDS = 20;
const EVENTS = 200;
const PAGE = 500;

/** More of it than a connection holds on its way. */
const LARGE = { text: 'x'.repeat(4_000) };

test('a reading of the log whose connection breaks goes on from where it was', async () => {
  const stream = `reading-on-${randomUUID()}`;
  const sent = Array.from({ length: APPENDS * EVENTS }, () => anEvent(0, LARGE));
  const store = await KurrentDbEventStore.open({ url: sharedServer(), prefixes: [stream] });
  for (let from = 0; from < sent.length; from += EVENTS) {
    const expected = from === 0 ? 'no-stream' : from - 1;
    await store.append(stream, expected, sent.slice(from, from + EVENTS));
  }
  await store.close();

  const line = await breakableLine();
  const reader = KurrentDbEventStore.openReader({ url: line.url, prefixes: [stream] });
  const read: string[] = [];
  for await (const page of reader.pages(START, PAGE)) {
    read.push(...ids(page));
    if (read.length === 2 * PAGE) line.break();
  }
  await reader.close();

  expect(read).toEqual(ids(sent));
  expect(line.breaks).toBeGreaterThan(0);
});

/** The shared server behind a line whose connections can be broken. */
async function breakableLine() {
  const server = new URL(sharedServer().replace(/^\w+:/, 'http:'));
  const sockets = new Set<Socket>();
  const listener = createServer((incoming) => {
    const outgoing = connect(Number(server.port), server.hostname);
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          incoming.destroy();
          outgoing.destroy();
          sockets.delete(socket);
        });
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const line = {
    url: `kurrentdb://127.0.0.1:${(listener.address() as AddressInfo).port}${server.search}`,
    breaks: 0,
    break: () => {
      line.breaks += sockets.size;
      for (const socket of sockets) socket.destroy();
    },
  };
  afterSuite(async () => {
    line.break();
    listener.close();
    await once(listener, 'close');
  });
  return line;
}
