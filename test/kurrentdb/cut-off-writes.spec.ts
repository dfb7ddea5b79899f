import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { AppenderThread } from '../../src/event-store/kurrentdb/appender-thread.js';
import { someEvents } from '../contract/event-store/events.js';
import { KurrentDbServer, onOwnServer } from '../support/kurrentdb-server.js';
import { compiled } from '../support/store-folder.js';

interface Compiled {
  readonly AppenderThread: typeof AppenderThread;
}

/** So many, and each so large, that most wait to be written while the server reads nothing. */
const APPENDS = 400;
const EVENTS = 50;
const WAITING_MS = 500;

onOwnServer('a server that is killed while much waits to be written to it', () => {
  test('does not end the thread that appends, nor what may still be done', async () => {
    const server = await KurrentDbServer.start();
    const module = await compiled<Compiled>('event-store/kurrentdb/appender-thread.js');
    const thread = new module.AppenderThread({ url: server.url, prefixes: ['sale-'] });
    await thread.append('sale-0', 'no-stream', someEvents(1));

    server.signal('SIGSTOP');
    const appending = Array.from({ length: APPENDS }, (_, index) =>
      thread.append(`sale-${index + 1}`, 'no-stream', someEvents(EVENTS)),
    );
    const outcomes = Promise.allSettled(appending);
    await pause(WAITING_MS);
    await server.restart();

    const reasons = (await outcomes).map((each) =>
      each.status === 'rejected' ? (each.reason as Error).message : 'done',
    );
    expect(reasons.filter((reason) => reason.includes('has ended'))).toEqual([]);
    await thread.close();
  });
});
