import { parentPort, workerData } from 'node:worker_threads';
import { type AppendRequest, unpackGroup } from '../append-group.js';
import type { Appended } from '../event-store.js';
import { type Fault, faultOf } from '../thread-fault.js';
import { Appender } from './appender.js';
import type { AppenderOptions, FromAppender, ToAppender } from './appender-thread.js';
import { RenewableClient } from './connection.js';
import { LogReads } from './log-reads.js';

const port = parentPort;
if (!port) throw new Error('to be started as a thread');

const { url, prefixes } = workerData as AppenderOptions;
const reader = new RenewableClient(url);
const appender = new Appender(new RenewableClient(url), new LogReads(reader, prefixes));

port.on('message', (message: ToAppender) => {
  if (message === 'stop') {
    void stop();
  } else if ('reached' in message) {
    appender.reached(message.reached);
  } else {
    for (const [index, request] of unpackGroup(message.group).entries()) {
      void append(message.first + index, request);
    }
  }
});

async function append(number: number, { stream, expected, events }: AppendRequest): Promise<void> {
  try {
    settle(number, await appender.append(stream, expected as number | 'no-stream', events));
  } catch (error) {
    settle(number, faultOf(error));
  }
}

let settled: (readonly [number, Appended | Fault])[] = [];

/** What is settled in one turn is told at once. */
function settle(number: number, outcome: Appended | Fault): void {
  if (settled.push([number, outcome]) > 1) return;
  setImmediate(() => {
    port?.postMessage(settled satisfies FromAppender);
    settled = [];
  });
}

async function stop(): Promise<void> {
  await Promise.all([appender.close(), reader.close()]);
  port?.close();
}
