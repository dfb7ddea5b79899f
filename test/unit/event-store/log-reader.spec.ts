import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { toPosition } from '../../../src/event-store/event-store.js';
import { openForWriting } from '../../../src/event-store/sqlite/log-file.js';
import { LogReader } from '../../../src/event-store/sqlite/log-reader.js';
import { LogWriter } from '../../../src/event-store/sqlite/log-writer.js';
import { anEvent } from '../../contract/event-store/events.js';
import { newFolder } from '../../support/store-folder.js';

let writer: LogWriter;
let reader: LogReader;

beforeEach(() => {
  const folder = newFolder();
  writer = new LogWriter(openForWriting(folder));
  reader = new LogReader(folder);
});

afterEach(() => {
  reader.close();
  writer.close();
});

/** Of another connection, in the same turn. */
function write(): void {
  writer.commit([{ stream: 'a', expected: 'any', events: [anEvent()] }]);
}

test('in one turn a stream, an event and the head are read as of one moment, until that is let go of', () => {
  const read = () => [
    Number(reader.head()),
    reader.stream('a', 0).length,
    reader.at(toPosition(1))?.revision,
  ];
  expect(read()).toEqual([0, 0, undefined]);
  write();
  expect(read()).toEqual([0, 0, undefined]);
  reader.refresh();
  expect(read()).toEqual([1, 1, 0]);
});

test.each([
  ['a page', () => reader.page({ limit: 10 }).length],
  ['a page of some streams', () => reader.page({ limit: 10, prefixes: ['a'] }).length],
  ['whether others have written', () => reader.version()],
])('%s is read anew in the same turn, and so is what follows it', (_, read) => {
  const before = read();
  reader.head();
  write();
  expect(read()).not.toBe(before);
  expect(reader.head()).toBe(toPosition(1));
});
