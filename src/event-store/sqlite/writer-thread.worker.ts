import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type AppendRequest, type PackedGroup, unpackGroup } from '../append-group.js';
import { charactersOf, GROUP_APPENDS, GROUP_CHARACTERS } from './commit-queue.js';
import { openForWriting } from './log-file.js';
import { LogWriter } from './log-writer.js';
import { packResults, type ThreadAnswer } from './writer-thread.js';

const port = parentPort;
if (!port) throw new Error('to be started as a thread');
const tell = (answer: ThreadAnswer): void => {
  port.postMessage(answer);
};

const writer = new LogWriter(openForWriting((workerData as { folder: string }).folder));

/** Nothing is under way any more when the thread is told to stop. */
port.on('message', (message: PackedGroup | 'stop') => {
  if (message === 'stop') {
    writer.close();
    port.close();
    return;
  }
  const groups = withWhatHasCome(unpackGroup(message));
  const results = writer.commit(groups.flat());
  let from = 0;
  tell({
    results: groups.map(({ length }) => {
      if (!Array.isArray(results)) return results;
      from += length;
      return packResults(results.slice(from - length, from));
    }),
  });
  writer.tidy();
});
tell({ ready: true });

/** Groups that came during the last commit share the next: none of them waits for the thread that sends them. */
function withWhatHasCome(first: AppendRequest[]): AppendRequest[][] {
  const groups = [first];
  let [appends, characters] = sizeOf(first);
  while (appends < GROUP_APPENDS && characters < GROUP_CHARACTERS) {
    const next = port && (receiveMessageOnPort(port) as { message: PackedGroup } | undefined);
    if (!next) break;
    const group = unpackGroup(next.message);
    groups.push(group);
    const more = sizeOf(group);
    appends += more[0];
    characters += more[1];
  }
  return groups;
}

function sizeOf(group: readonly AppendRequest[]): [appends: number, characters: number] {
  return [group.length, group.reduce((sum, { events }) => sum + charactersOf(events), 0)];
}
