import { parentPort, workerData } from 'node:worker_threads';
import { openForWriting } from './log-file.js';
import { LogWriter } from './log-writer.js';
import { type PackedGroup, packResults, unpackGroup } from './writer-thread.js';

const port = parentPort;
if (!port) throw new Error('to be started as a thread');

const writer = new LogWriter(openForWriting((workerData as { folder: string }).folder));

port.on('message', (message: PackedGroup | 'stop') => {
  if (message === 'stop') {
    writer.close();
    port.close();
    return;
  }
  port.postMessage({ results: packResults(writer.commit(unpackGroup(message))) });
  writer.tidy();
});
port.postMessage({ ready: true });
