import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { BytesCheck } from './bytes-check.js';
import type { BytesOrder, FromBytes } from './bytes-thread.js';
import { openLog } from './log-source.js';

/** Pages that may wait for whoever judges them. */
const AHEAD = 8;

const port = parentPort;
if (!port) throw new Error('to be started as a thread');
const tell = (message: FromBytes): void => {
  port.postMessage(message);
};

let waiting = 0;
port.on('message', () => {
  waiting -= 1;
});

const { source, options } = workerData as BytesOrder;
let check: BytesCheck | undefined;
try {
  check = new BytesCheck(options);
  const log = openLog(source, 'thread');
  for await (const read of log.pages) {
    tell({ page: check.take(read), done: log.done() });
    waiting += 1;
    while (waiting >= AHEAD) await once(port, 'message');
  }
  tell({ outcome: await check.end(() => openLog(source, 'inline').pages) });
} catch (error) {
  // SQLite's own errors lose their words on the way to another thread.
  throw new Error((error as Error).message, { cause: error });
} finally {
  check?.close();
  port.close();
}
