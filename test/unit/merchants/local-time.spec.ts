import { expect, test } from '@jest/globals';
import { localTime } from '../../../src/merchants/domain/local-time.js';

test.each([
  ['2026-03-02T15:00:00.000Z', 'Asia/Shanghai', '2026-03-02 23:00:00 +08:00'],
  ['2026-03-02T15:00:00.000Z', 'Europe/Berlin', '2026-03-02 16:00:00 +01:00'],
  ['2026-03-02T18:15:00.999Z', 'Asia/Kathmandu', '2026-03-03 00:00:00 +05:45'],
  ['2026-03-02T03:30:00.000Z', 'America/St_Johns', '2026-03-02 00:00:00 -03:30'],
  ['2026-10-25T00:30:00.000Z', 'Europe/Berlin', '2026-10-25 02:30:00 +02:00'],
  ['2026-10-25T01:30:00.000Z', 'Europe/Berlin', '2026-10-25 02:30:00 +01:00'],
])('%s in %s is read as %s, an hour that comes twice too', (time, zone, text) => {
  expect(localTime(time, zone)).toBe(text);
});
