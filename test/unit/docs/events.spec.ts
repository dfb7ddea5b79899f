import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { EVENT_TYPES } from '../../../src/ledger/event-codec.js';

/** The rows of the table under a heading, by their cells. */
function rowsUnder(heading: string): string[][] {
  const text = readFileSync('docs/events.md', 'utf8');
  const [, part = ''] = text.split(`## ${heading}\n`);
  const [table = ''] = part.split('\n## ');
  const rows = table.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) => row.split('|').map((cell) => cell.trim()));
}

const named = (cell = ''): string[] =>
  [...cell.matchAll(/`([A-Z]\w+)`/g)].map(([, name = '']) => name);

test('docs/events.md says of each event what it says, and in which stream it stands', () => {
  const told = rowsUnder('Facts').flatMap(([, event]) => named(event));
  const inStreams = new Set(rowsUnder('Streams').flatMap(([, , events]) => named(events)));

  expect(told.sort()).toEqual([...EVENT_TYPES].sort());
  expect([...inStreams].sort()).toEqual([...EVENT_TYPES].sort());
});

test('docs/events.md names for each stream a file that declares its events', () => {
  for (const [, stream, events, file = ''] of rowsUnder('Streams')) {
    const code = readFileSync(`src/${file.replaceAll('`', '')}`, 'utf8');
    const missing = named(events).filter((event) => !code.includes(`'${event}'`));
    expect({ stream, missing }).toEqual({ stream, missing: [] });
  }
});
