import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { logLine, LogLineError, parseLogLine } from '../../../src/audit/domain/log-line.js';

const EVENT = {
  position: '00000000000000000007',
  stream: 'card-c1',
  revision: 0,
  id: '5f0d6a3e-6c55-5d0b-9c1e-7f3b1c1f7a52',
  type: 'CardReported',
  data: '{"occurredAt":"2026-03-02T10:00:00.000Z","status":"lost","token":"c1"}',
  metadata: '{"version":1}',
};

describe('an event as a line', () => {
  test('is canonical JSON with data and metadata in it', () => {
    expect(logLine(EVENT)).toBe(
      '{"data":{"occurredAt":"2026-03-02T10:00:00.000Z","status":"lost","token":"c1"},' +
        '"id":"5f0d6a3e-6c55-5d0b-9c1e-7f3b1c1f7a52","metadata":{"version":1},' +
        '"position":"00000000000000000007","revision":0,"stream":"card-c1","type":"CardReported"}',
    );
  });

  test('comes back byte for byte, whatever it holds', () => {
    const spaced = fc
      .jsonValue({ maxDepth: 3 })
      .map((value) =>
        JSON.stringify({ value, 'odd " \\ } , ]': '\u2028{"' }).replaceAll(':', ' : '),
      );
    fc.assert(
      fc.property(spaced, spaced, fc.string({ unit: 'binary' }), (data, metadata, stream) => {
        const event = { ...EVENT, data, metadata, stream };
        expect(parseLogLine(logLine(event))).toEqual(event);
      }),
      { numRuns: 30 },
    );
  });

  test.each(['data', 'metadata'])('has no %s that is written over several lines', (field) => {
    expect(() => logLine({ ...EVENT, [field]: '{\n}' })).toThrow(LogLineError);
  });

  test.each([
    ['cut off', (line: string) => line.slice(0, -1)],
    ['longer than its end', (line: string) => `${line}}`],
    ['without its metadata', (line: string) => line.replace(/"metadata":.*?\},/, '')],
    ['with a second data', (line: string) => line.replace('{', '{"data":{},')],
    ['with a position of its own make', (line: string) => line.replace(/0000000+7/, '7')],
    [
      'with a revision that is no number',
      (line: string) => line.replace('"revision":0', '"revision":-1'),
    ],
    ['with data that is no object', (line: string) => line.replace(/"data":\{.*?\}/, '"data":[]')],
    ['with data that is not JSON', (line: string) => line.replace('"lost"', 'lost')],
    ['of another kind', () => 'position,stream'],
  ])('%s is refused', (_what, damage) => {
    expect(() => parseLogLine(damage(logLine(EVENT)))).toThrow(LogLineError);
  });
});
