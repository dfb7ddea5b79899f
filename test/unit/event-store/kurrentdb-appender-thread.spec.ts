import { expect, test } from '@jest/globals';
import type { AppenderThread } from '../../../src/event-store/kurrentdb/appender-thread.js';
import { compiled } from '../../support/store-folder.js';

interface Compiled {
  readonly AppenderThread: typeof AppenderThread;
}

const event = { id: 'e1', type: 'Sale', data: '{}', metadata: '{}' };

/** One that ends as soon as it has begun: with this it can't connect. */
async function endingThread(): Promise<AppenderThread> {
  const module = await compiled<Compiled>('event-store/kurrentdb/appender-thread.js');
  return new module.AppenderThread({ url: 'nonsense', prefixes: [] });
}

test('of appends that were with a thread that has ended, the outcome is unknown', async () => {
  const thread = await endingThread();
  const appending = ['sale-1', 'sale-2'].map((stream) => {
    return thread.append(stream, 'no-stream', [event]);
  });
  for (const outcome of await Promise.allSettled(appending)) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: {
        name: 'StoreUnavailableError',
        outcome: 'unknown',
        message: expect.stringMatching(/^the thread that appends has ended: .*connection string/),
      },
    });
  }
});

test('the next append begins another thread', async () => {
  const thread = await endingThread();
  for (const stream of ['sale-1', 'sale-2']) {
    await expect(thread.append(stream, 'no-stream', [event])).rejects.toThrow('has ended');
  }
  await thread.close();
});
