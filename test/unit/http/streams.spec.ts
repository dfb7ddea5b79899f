import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fastify from 'fastify';
import { type ServerEvent, Streams, type Waits } from '../../../src/http/streams.js';
import { gate } from '../../support/held-store.js';
import { afterSuite } from '../../support/store-folder.js';

type Source = (signal: AbortSignal) => AsyncIterable<readonly ServerEvent[]>;

function streamsThat(waits: Partial<Waits> = {}, mayGoOn = () => Promise.resolve(true)): Streams {
  return new Streams(mayGoOn, {
    ...{ heartbeatMs: 30_000, patienceMs: 30_000, askMs: 30_000 },
    ...waits,
  });
}

/** A megabyte: what a connection takes before it is full is a few of these. */
const LARGE: ServerEvent = { event: 'large', data: 'x'.repeat(2 ** 20) };

/** A server that answers with as many lines. `waiting`: what was made of them and not yet sent, in bytes, whenever another was asked for. */
async function servingLines(count: number, streams = streamsThat()) {
  const app = fastify();
  const waiting: number[] = [];
  let hasEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (hasEnded = resolve));
  app.get('/', (_, reply) =>
    streams.text(reply, 'text/plain', async function* () {
      try {
        for (let made = 0; made < count; made += 1) {
          const sent = reply.raw.socket?.bytesWritten ?? 0;
          waiting.push(made * LARGE.data.length - sent);
          yield await Promise.resolve(LARGE.data);
        }
      } finally {
        hasEnded();
      }
    }),
  );
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  afterSuite(() => app.close());
  return { url, waiting, ended };
}

/** Its connection, on which nothing is read until it is resumed. */
function askAndTakeNothing(url: URL): Socket {
  const socket = connect(Number(url.port), url.hostname);
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: reader\r\n\r\n');
  return socket;
}

/** How many bytes of the answer a reader gets that takes its time. */
async function sizeReadSlowly(url: URL): Promise<number> {
  const outgoing = request(url).end();
  const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
  let read = 0;
  for await (const chunk of incoming) {
    read += (chunk as Buffer).length;
    await pause(0);
  }
  return read;
}

/** A server that answers with the events. `waiting`: what was not yet taken of them, in bytes, whenever more was asked for. */
async function serving(streams: Streams, source: Source) {
  const app = fastify();
  const waiting: number[] = [];
  let serve: (ended: Promise<void>) => void = () => undefined;
  const served = new Promise<Promise<void>>((resolve) => (serve = resolve));
  app.get('/', (_, reply) => {
    const counted: Source = async function* (signal) {
      for await (const batch of source(signal)) {
        waiting.push(reply.raw.writableLength);
        yield batch;
      }
    };
    const ended = streams.events(reply.header('x-own', 'kept'), counted);
    serve(ended);
    return ended;
  });
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  afterSuite(() => app.close());
  return { url, waiting, ended: served.then((ended) => ended) };
}

async function* never(signal: AbortSignal): AsyncGenerator<readonly ServerEvent[]> {
  await once(signal, 'abort');
  yield [];
}

async function* endless(): AsyncGenerator<readonly ServerEvent[]> {
  for (;;) yield [await Promise.resolve(LARGE)];
}

describe('an event stream', () => {
  test('on which nothing happens is kept open with a comment now and then', async () => {
    const { url } = await serving(streamsThat({ heartbeatMs: 10 }), never);
    const outgoing = request(url).end();
    outgoing.on('error', () => undefined);
    const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
    let text = '';
    for await (const chunk of incoming) {
      text += String(chunk);
      if (text.length >= 12) break;
    }
    expect(text).toMatch(/^(:\n\n){4}/);
  });

  test('says that it is one, that nobody may keep or gather it, and what all answers say', async () => {
    const { url } = await serving(streamsThat(), async function* () {
      yield await Promise.resolve([]);
    });
    const outgoing = request(url).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.resume();
    expect(incoming.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-own': 'kept',
    });
  });

  test('drops a reader that takes nothing, and has never more than a batch waiting for it', async () => {
    const streams = streamsThat({ patienceMs: 100 });
    const { url, waiting, ended } = await serving(streams, endless);
    const socket = askAndTakeNothing(url);
    const dropped = once(socket, 'close');
    await ended;
    expect(Math.max(...waiting)).toBeLessThan(LARGE.data.length);
    socket.resume();
    await dropped;
  });

  test('waits for a reader that takes its time', async () => {
    const streams = streamsThat();
    const count = 20;
    const { url } = await serving(streams, async function* () {
      for (let sent = 0; sent < count; sent += 1) yield [await Promise.resolve(LARGE)];
    });
    expect(await sizeReadSlowly(url)).toBe(count * `event: large\ndata: ${LARGE.data}\n\n`.length);
  });

  test('of which only the head is asked ends with it, and its connection goes on', async () => {
    const { url, ended } = await serving(streamsThat(), never);
    const socket = connect(Number(url.port), url.hostname);
    socket.write('HEAD / HTTP/1.1\r\nHost: reader\r\n\r\n');
    await ended;
    socket.write('GET /nothing HTTP/1.1\r\nHost: reader\r\nConnection: close\r\n\r\n');
    const answers = await text(socket);
    expect(answers.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404']);
  });

  test('of a reader that has left already ends at once', async () => {
    const streams = streamsThat();
    const app = fastify();
    const ended = new Promise<void>((resolve, reject) => {
      app.get('/', async (incoming, reply) => {
        incoming.raw.socket.destroy();
        await once(reply.raw, 'close');
        streams.events(reply, never).then(resolve, reject);
        return reply;
      });
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    afterSuite(() => app.close());
    request(url)
      .on('error', () => undefined)
      .end();
    await ended;
  });

  test('that is asked for when the service stops already ends at once', async () => {
    const streams = streamsThat();
    streams.end();
    const { url, ended } = await serving(streams, async function* (signal) {
      if (!signal.aborted) yield [await Promise.resolve(LARGE)];
    });
    const outgoing = request(url).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(await text(incoming)).toBe('');
    expect(incoming.statusCode).toBe(200);
    await ended;
  });

  test('is asked about once at a time', async () => {
    let asked = 0;
    const mayGoOn = (): Promise<boolean> => {
      asked += 1;
      return pause(50, false);
    };
    const { url, ended } = await serving(streamsThat({ askMs: 1 }, mayGoOn), never);
    const outgoing = request(url).end();
    const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
    incoming.resume();
    await ended;
    expect(asked).toBe(1);
  });

  test('tells nothing of what was read before it was known that its reader may not go on', async () => {
    const streams = streamsThat({ askMs: 5 }, () => Promise.resolve(false));
    const { url, ended } = await serving(streams, async function* (signal) {
      await once(signal, 'abort');
      yield [LARGE];
    });
    const outgoing = request(url).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(await text(incoming)).toBe('');
    await ended;
  });

  test('ends once its reader may not go on, and not because that can not be told', async () => {
    const answers = [() => Promise.reject(new Error('away')), () => Promise.resolve(false)];
    const asked: number[] = [];
    const mayGoOn = () => answers[asked.push(asked.length) - 1]?.() ?? Promise.resolve(false);
    const { url, ended } = await serving(streamsThat({ askMs: 5 }, mayGoOn), never);
    const outgoing = request(url).end();
    const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
    incoming.resume();
    await once(incoming, 'end');
    await ended;
    expect(asked.length).toBeGreaterThan(1);
  });
});

describe('a text that goes on', () => {
  test('is made no faster than its reader takes it', async () => {
    const count = 60;
    const { url, waiting } = await servingLines(count);
    expect(await sizeReadSlowly(url)).toBe(count * LARGE.data.length);
    expect(Math.max(...waiting)).toBeLessThan(4 * LARGE.data.length);
  });

  test('is made no further once its reader has left', async () => {
    const { url, ended } = await servingLines(Infinity);
    const outgoing = request(url).end();
    outgoing.on('error', () => undefined);
    await once(outgoing, 'response');
    outgoing.destroy();
    await ended;
  });

  test('is broken off when its reader takes nothing', async () => {
    const { url, ended } = await servingLines(Infinity, streamsThat({ patienceMs: 100 }));
    const socket = askAndTakeNothing(url);
    const dropped = once(socket, 'close');
    await ended;
    socket.resume();
    await dropped;
  });

  test('waits for what is made slowly, however long', async () => {
    const app = fastify();
    app.get('/', (_, reply) =>
      streamsThat({ patienceMs: 10 }).text(reply, 'text/plain', async function* () {
        yield 'the first line, ';
        yield await pause(100, 'the last line');
      }),
    );
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    afterSuite(() => app.close());
    expect(await (await fetch(url)).text()).toBe('the first line, the last line');
  });

  test('of which nothing has been made is broken off, and is no fault, when the service stops', async () => {
    const streams = streamsThat();
    const app = fastify();
    const begun = gate();
    const stopped = gate();
    app.get('/', (_, reply) =>
      streams.text(reply, 'text/plain', async function* () {
        begun.letGo();
        await stopped.until;
        yield 'the first line';
      }),
    );
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    afterSuite(() => app.close());
    const outgoing = request(url).end();
    const outcome = new Promise((resolve) => {
      outgoing.once('response', ({ statusCode }) => {
        resolve(statusCode);
      });
      outgoing.once('error', ({ message }) => {
        resolve(message);
      });
    });
    await begun.until;
    streams.end();
    stopped.letGo();
    expect(await outcome).toBe('socket hang up');
  });
});
