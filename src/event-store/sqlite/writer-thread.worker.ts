import { parentPort, workerData } from 'node:worker_threads';
import { openForWriting } from './log-file.js';
import { LogWriter } from './log-writer.js';
import { type PackedGroup, packResults, unpackGroup } from './writer-thread.js';

const port = parentPort;
if (!port) throw new Error('to be started as a thread');

const database = openForWriting((workerData as { folder: string }).folder);
const writer = new LogWriter(database);

port.on('message', (message: PackedGroup | 'stop') => {
  if (message === 'stop') {
    database.close();
    port.close();
    return;
  }
  port.postMessage({ results: packResults(writer.commit(unpackGroup(message))) });
});
port.postMessage({ ready: true });
