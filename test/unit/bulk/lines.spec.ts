import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Line, LineReader } from '../../../src/bulk/lines.js';

function read(bytes: Buffer, cuts: readonly number[], maxBytes = 100): Line[] {
  const reader = new LineReader(maxBytes);
  const lines: Line[] = [];
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    lines.push(...reader.take(bytes.subarray(start, cut)));
    start = Math.max(start, cut);
  }
  return [...lines, ...reader.take(bytes.subarray(start)), ...reader.end()];
}

describe('lines', () => {
  test('are the same wherever the network cuts them, characters of many bytes among them', () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(400)), (texts, cuts) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        const lines = read(bytes, cuts, 10_000);
        expect(lines).toEqual(texts.map((text, index) => ({ number: index + 1, text })));
      }),
    );
  });

  test('that are too long are refused, and those behind them are read', () => {
    const bytes = Buffer.from(`${'x'.repeat(101)}\nshort\n${'y'.repeat(500)}`);
    expect(read(bytes, [30, 60, 300])).toEqual([
      { number: 1, text: 413 },
      { number: 2, text: 'short' },
      { number: 3, text: 413 },
    ]);
  });

  test('of another charset are refused, and those behind them are read', () => {
    const bytes = Buffer.concat([Buffer.from([0xbd, 0xf0]), Buffer.from('\n金\n')]);
    expect(read(bytes, [])).toEqual([
      { number: 1, text: 400 },
      { number: 2, text: '金' },
    ]);
  });

  test('need no newline at the end', () => {
    expect(read(Buffer.from('one\ntwo'), [])).toEqual([
      { number: 1, text: 'one' },
      { number: 2, text: 'two' },
    ]);
  });
});
