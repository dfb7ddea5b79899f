import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { startProgress } from '../../../src/cli/progress.js';

/** A line comes so often where there is no terminal. */
const LINE_EVERY_MS = 1_000;

const terminal = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  if (terminal) Object.defineProperty(process.stderr, 'isTTY', terminal);
  else delete (process.stderr as { isTTY?: boolean }).isTTY;
});

/** What is written to standard error while work of four parts is done, one each second; `lastMs`: how long the last takes. */
function written({
  isTTY,
  json,
  lastMs = LINE_EVERY_MS,
}: {
  isTTY: boolean;
  json?: boolean;
  lastMs?: number;
}): string {
  Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true });
  let text = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((part) => {
    text += String(part);
    return true;
  });
  jest.useFakeTimers();
  const progress = startProgress('import', 4, json);
  for (let done = 1; done <= 4; done += 1) {
    jest.advanceTimersByTime(done === 4 ? lastMs : LINE_EVERY_MS);
    progress.at(done);
  }
  progress.end();
  return text;
}

describe('how far long work is', () => {
  test('is a bar on a terminal, which ends where the work does', () => {
    const text = written({ isTTY: true });

    expect(text).toMatch(/import -+ 0 % \| 0 of 4 /);
    expect(text).toMatch(/import =+ 100 % \| 4 of 4 \| 1\/s /);
  });

  test('is a line each second elsewhere', () => {
    expect(written({ isTTY: false }).split('\n')).toEqual([
      'import: 1 of 4, 1/s, 3 s left',
      'import: 2 of 4, 1/s, 2 s left',
      'import: 3 of 4, 1/s, 1 s left',
      'import: 4 of 4, 1/s, 0 s left',
      '',
    ]);
  });

  test('is told to the end, also where that comes soon behind the last line', () => {
    const lines = written({ isTTY: false, lastMs: 10 }).trim().split('\n');

    expect(lines.slice(2)).toEqual([
      'import: 3 of 4, 1/s, 1 s left',
      'import: 4 of 4, 1/s, 0 s left',
    ]);
  });

  test('is a line of JSON where that is asked for, on a terminal, too', () => {
    const lines = written({ isTTY: true, json: true }).trim().split('\n');

    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { what: 'import', done: 1, total: 4, ratePerSecond: 1, secondsLeft: 3 },
      { done: 2 },
      { done: 3 },
      { done: 4, secondsLeft: 0 },
    ]);
  });
});
