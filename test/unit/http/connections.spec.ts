import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Connections } from '../../../src/http/connections.js';

const HEAD = 'GET / HTTP/1.1\r\nHost: tillbook\r\n';
const REQUEST = `${HEAD}\r\n`;
/** More than a connection rests before it is closed. */
const LONG_MS = 1_000;
/** Longer than any of these tests, where something keeps it from its end. */
const FOREVER = { leastMs: 0, mostMs: 1e12 };
/** Clients that ask on leave no more between one request and the next. */
const QUIET_MS = 250;
/** Within that a server that may close has closed. */
const A_WHILE_MS = 100;

const realNow = performance.now.bind(performance);
/** What the clock says, and how much it goes on whenever it is asked. */
let now: number;
let step: number;

let server: Server;
let connections: Connections;
/** Requests that have come and are not answered. */
let waiting: ServerResponse[];
let arrived: () => void;
/** Whether each is answered in the turn in which it comes. */
let isAnsweredAtOnce: boolean;

beforeEach(async () => {
  [now, step] = [0, 0];
  performance.now = () => (now += step);
  waiting = [];
  arrived = () => undefined;
  isAnsweredAtOnce = false;
  server = createServer((_request, response) => {
    if (isAnsweredAtOnce) response.end('done');
    waiting.push(response);
    arrived();
  });
  // It closes none at rest by itself.
  server.keepAliveTimeout = 0;
  connections = new Connections();
  connections.watch(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(() => {
  performance.now = realNow;
  server.closeAllConnections();
  server.close();
});

const aWhile = () => new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));

/** A connection on which the server has read this. */
async function open(sent = ''): Promise<Socket> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined).write(sent);
  const [there] = await accepted;
  while (there.bytesRead < sent.length) await new Promise((resolve) => setImmediate(resolve));
  return socket;
}

async function requested(): Promise<ServerResponse> {
  if (waiting.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
  return waiting.shift() as ServerResponse;
}

describe('connections that are to end', () => {
  test('do not before the last of the requests that came together is answered', async () => {
    const socket = await open(REQUEST + REQUEST);
    const said = text(socket);
    const first = await requested();
    const last = await requested();
    first.end('one');
    await once(first, 'close');
    const draining = connections.drained(server, FOREVER);
    now += LONG_MS;
    await aWhile();
    last.end('two');
    expect(await said).toMatch(/one[^]*two/);
    await draining;
  });

  test('end when they are at rest: those that never asked, and those that have their answer', async () => {
    const silent = await open();
    const answered = await open(REQUEST);
    (await requested()).end('done');
    await once(answered, 'data');
    const closed = [silent, answered].map((socket) => once(socket.resume(), 'close'));
    const draining = connections.drained(server, FOREVER);
    now += LONG_MS;

    await Promise.all([...closed, draining]);
    expect(server.listening).toBe(false);
  });

  test('end with the answer to what is asked, which says so', async () => {
    const asking = await open(REQUEST);
    const response = await requested();
    const draining = connections.drained(server, FOREVER);
    now += LONG_MS;
    response.end('done');

    expect(await text(asking)).toMatch(/Connection: close[^]*done$/);
    await draining;
  });

  test('do not end while a request is on its way, and take it', async () => {
    const begun = await open(HEAD);
    const silent = await open();
    const draining = connections.drained(server, FOREVER);
    now += LONG_MS;
    // It is looked at behind the other.
    await once(silent.resume(), 'close');
    begun.write('\r\n');
    (await requested()).end('done');

    expect(await text(begun)).toMatch(/Connection: close[^]*done$/);
    now += LONG_MS;
    await draining;
  });

  test('are not closed as soon as they are at rest: the next request may be on its way', async () => {
    const resting = await open();
    const draining = connections.drained(server, FOREVER);
    const later = await open(REQUEST);
    (await requested()).end('done');
    expect(await text(later)).toContain('Connection: close');

    resting.write(REQUEST);
    (await requested()).end('done');
    expect(await text(resting)).toMatch(/Connection: close[^]*done$/);
    now += LONG_MS;
    await draining;
  });

  test('end with an answer that comes in the same turn, too', async () => {
    isAnsweredAtOnce = true;
    const resting = await open();
    const draining = connections.drained(server, FOREVER);
    resting.write(REQUEST);

    expect(await text(resting)).toMatch(/Connection: close[^]*done$/);
    now += LONG_MS;
    await draining;
  });

  test('are cut when it takes too long, but for those whose request is whole', async () => {
    const begun = await open(HEAD);
    const asking = await open(REQUEST);
    const response = await requested();
    const cut = once(begun.resume(), 'close');
    step = LONG_MS;
    await connections.drained(server, { leastMs: 0, mostMs: LONG_MS });
    await cut;

    response.end('done');
    expect(await text(asking)).toMatch(/done$/);
  });
});

describe('a server that is to take no more connections', () => {
  test('closes at once where none is open and nobody has asked for a moment', async () => {
    isAnsweredAtOnce = true;
    const asking = await open(`${HEAD}Connection: close\r\n\r\n`);
    await text(asking);
    now += LONG_MS;
    await connections.drained(server, FOREVER);

    expect(server.listening).toBe(false);
  });

  test('takes them while clients ask on one after the other, until they have been quiet for a moment', async () => {
    isAnsweredAtOnce = true;
    await text(await open(`${HEAD}Connection: close\r\n\r\n`));
    const draining = connections.drained(server, FOREVER);
    for (let time = 0; time < 3; time += 1) {
      now += QUIET_MS - 1;
      await aWhile();
      expect(await text(await open(REQUEST))).toMatch(/Connection: close[^]*done$/);
    }
    now += LONG_MS;
    await draining;

    expect(server.listening).toBe(false);
  });

  test('takes them for as long as it is told to, though nobody asks', async () => {
    isAnsweredAtOnce = true;
    const draining = connections.drained(server, { leastMs: 5 * LONG_MS, mostMs: 5 * LONG_MS });
    now += 5 * LONG_MS - 1;
    await aWhile();
    expect(await text(await open(REQUEST))).toMatch(/Connection: close[^]*done$/);
    now += 1;
    await draining;

    expect(server.listening).toBe(false);
  });
});
