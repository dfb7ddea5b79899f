import { afterEach, describe, expect, test } from '@jest/globals';
import { Settings } from 'luxon';
import {
  businessDateEnd,
  businessDay,
  daysBetween,
  retrievalReference,
  valueDate,
} from '../../../src/merchants/domain/business-day.js';

const ends = (date: string, timeZone: string, dayCloseAt: string): string =>
  new Date(businessDateEnd(date, { timeZone, dayCloseAt })).toISOString();

const dateAt = (time: string, timeZone: string, dayCloseAt: string): string =>
  businessDay(Date.parse(time), { timeZone, dayCloseAt }).date;

describe('the end of a business date', () => {
  test.each([
    ['00:00', '2026-11-24T16:00:00.000Z'],
    ['03:30', '2026-11-24T19:30:00.000Z'],
    ['11:59', '2026-11-25T03:59:00.000Z'],
    ['12:00', '2026-11-24T04:00:00.000Z'],
    ['23:59', '2026-11-24T15:59:00.000Z'],
  ])(
    'with a cut-off at %s in Shanghai is %s: from 12:00 on that date’s own, before it the next day’s',
    (cutOff, end) => {
      expect(ends('2026-11-24', 'Asia/Shanghai', cutOff)).toBe(end);
    },
  );
  test('is reckoned by the zone of each merchant, also on one date with one cut-off', () => {
    expect(ends('2026-11-23', 'Asia/Shanghai', '00:00')).toBe('2026-11-23T16:00:00.000Z');
    expect(ends('2026-11-23', 'Europe/Berlin', '00:00')).toBe('2026-11-23T23:00:00.000Z');
  });
  test('moves with daylight saving', () => {
    expect(ends('2026-03-28', 'Europe/Berlin', '00:00')).toBe('2026-03-28T23:00:00.000Z');
    expect(ends('2026-03-29', 'Europe/Berlin', '00:00')).toBe('2026-03-29T22:00:00.000Z');
    expect(ends('2026-10-24', 'Europe/Berlin', '00:00')).toBe('2026-10-24T22:00:00.000Z');
    expect(ends('2026-10-25', 'Europe/Berlin', '00:00')).toBe('2026-10-25T23:00:00.000Z');
    // Where the clocks stand a day apart from those of today.
    expect(ends('2011-09-24', 'Pacific/Apia', '00:00')).toBe('2011-09-25T10:00:00.000Z');
  });
  test('at a time that the clocks skip is as far behind midnight as ever', () => {
    // 02:00 becomes 03:00.
    expect(ends('2026-03-28', 'Europe/Berlin', '02:30')).toBe('2026-03-29T01:30:00.000Z');
    // Midnight itself becomes 01:00.
    expect(ends('2026-04-23', 'Africa/Cairo', '00:00')).toBe('2026-04-23T22:00:00.000Z');
  });
  test('on a calendar date that the zone skipped is where the next one begins', () => {
    // Samoa went over the date line: there was no 30 December 2011.
    expect(ends('2011-12-29', 'Pacific/Apia', '00:00')).toBe('2011-12-30T10:00:00.000Z');
    expect(dateAt('2011-12-30T10:00:00.000Z', 'Pacific/Apia', '00:00')).toBe('2011-12-31');
  });

  describe('at a time that comes twice is the first of the two, whenever it is reckoned', () => {
    const now = Settings.now;
    afterEach(() => {
      Settings.now = now;
    });
    test.each(['2026-01-15T12:00:00Z', '2026-07-15T12:00:00Z'])('in %s', (today) => {
      Settings.now = () => Date.parse(today);
      expect(ends('2026-10-24', 'Europe/Berlin', '02:30')).toBe('2026-10-25T00:30:00.000Z');
      expect(ends('2026-10-31', 'America/Havana', '00:00')).toBe('2026-11-01T04:00:00.000Z');
    });
  });
});

describe('the business date of an instant', () => {
  test.each([
    ['2026-11-24T15:59:59.999Z', '00:00', '2026-11-24'],
    ['2026-11-24T16:00:00.000Z', '00:00', '2026-11-25'],
    ['2026-11-24T13:59:59.999Z', '22:00', '2026-11-24'],
    ['2026-11-24T14:00:00.000Z', '22:00', '2026-11-25'],
    ['2026-11-24T18:59:59.999Z', '03:00', '2026-11-24'],
    ['2026-11-24T19:00:00.000Z', '03:00', '2026-11-25'],
  ])('%s with a cut-off at %s is %s in Shanghai', (time, cutOff, date) => {
    expect(dateAt(time, 'Asia/Shanghai', cutOff)).toBe(date);
  });
  test.each([
    ['2026-03-29', '00:00', 23],
    ['2026-10-25', '00:00', 25],
    ['2026-03-28', '02:30', 24],
    ['2026-03-29', '02:30', 23],
  ])('%s with a cut-off at %s in Berlin is %i hours long, without a gap', (date, cutOff, hours) => {
    const rule = { timeZone: 'Europe/Berlin', dayCloseAt: cutOff };
    const end = businessDateEnd(date, rule);
    const start = end - hours * 3_600_000;
    expect(businessDay(start, rule)).toMatchObject({ date, endsAt: end });
    expect(businessDay(end - 1, rule).date).toBe(date);
    expect(businessDay(start - 1, rule)).toMatchObject({ endsAt: start });
    expect(businessDay(end, rule).date > date).toBe(true);
  });
  test.each([
    // Samoa had no 30 December 2011.
    ['Pacific/Apia', '22:00', '2011-12-30T08:00:00.000Z', '2011-12-31', '2011-12-31T08:00:00.000Z'],
    ['Pacific/Apia', '22:00', '2011-12-31T07:59:59.999Z', '2011-12-31', '2011-12-31T08:00:00.000Z'],
    ['Pacific/Apia', '22:00', '2011-12-30T07:59:59.999Z', '2011-12-29', '2011-12-30T08:00:00.000Z'],
    ['Pacific/Apia', '04:00', '2011-12-30T13:59:59.999Z', '2011-12-29', '2011-12-30T14:00:00.000Z'],
    ['Pacific/Apia', '04:00', '2011-12-30T14:00:00.000Z', '2011-12-31', '2011-12-31T14:00:00.000Z'],
    // Kwajalein had no 21 August 1993.
    [
      'Pacific/Kwajalein',
      '12:00',
      '1993-08-21T12:00:00.000Z',
      '1993-08-22',
      '1993-08-22T00:00:00.000Z',
    ],
  ])(
    'is never one that the zone skipped: in %s with a cut-off at %s, %s is of %s',
    (timeZone, dayCloseAt, time, date, end) => {
      const day = businessDay(Date.parse(time), { timeZone, dayCloseAt });
      expect(day.date).toBe(date);
      expect(new Date(day.endsAt).toISOString()).toBe(end);
    },
  );
  test('is the same in whatever order instants are asked about', () => {
    const times = [
      '2026-11-25T16:00:00.000Z',
      '2026-11-24T15:59:59.999Z',
      '2026-11-24T16:00:00.000Z',
    ];
    const dates = times.map((time) => dateAt(time, 'Asia/Shanghai', '00:00'));
    expect(dates).toEqual(['2026-11-26', '2026-11-24', '2026-11-25']);
  });
  test('is that of the zone of each merchant, also at one moment with one cut-off', () => {
    const zones = ['Asia/Shanghai', 'Europe/Berlin', 'Asia/Shanghai'];
    const dates = zones.map((timeZone) => dateAt('2026-11-24T17:00:00.000Z', timeZone, '00:00'));
    expect(dates).toEqual(['2026-11-25', '2026-11-24', '2026-11-25']);
  });
});

test('days are counted by the calendar', () => {
  expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2);
  expect(daysBetween('2024-02-28', '2024-03-01')).toBe(2);
  expect(daysBetween('2026-11-24', '2026-11-23')).toBe(-1);
});

describe('the value date', () => {
  const holidays = ['2026-11-30', '2026-12-01'];
  test.each([
    ['T0', '2026-11-24', '2026-11-24'],
    ['T0', '2026-11-28', '2026-11-28'],
    ['T1', '2026-11-24', '2026-11-25'],
    ['T1', '2026-11-27', '2026-12-02'],
    ['T1', '2026-11-28', '2026-12-02'],
    ['T2', '2026-11-24', '2026-11-26'],
    ['T2', '2026-11-26', '2026-12-02'],
    ['T2', '2026-11-27', '2026-12-03'],
    ['D1', '2026-11-27', '2026-11-28'],
    ['D1', '2026-11-29', '2026-11-30'],
    ['D1', '2026-12-31', '2027-01-01'],
  ] as const)('of %s from %s, over a weekend and two holidays, is %s', (cycle, date, expected) => {
    expect(valueDate(date, cycle, holidays)).toBe(expected);
  });
});

test('dates go on beyond the year 9999, and before the year 0000', () => {
  expect(valueDate('9999-12-31', 'T1', [])).toBe('+010000-01-03');
  expect(dateAt('9999-12-31T23:59:59.000Z', 'Pacific/Auckland', '00:00')).toBe('+010000-01-01');
  expect(dateAt('0000-01-01T00:00:00.000Z', 'America/New_York', '00:00')).toBe('-000001-12-31');
});

describe('the retrieval reference', () => {
  test.each([
    ['2026-11-24T02:00:00.000Z', 'Asia/Shanghai', '632810000042'],
    ['2026-12-31T16:00:00.000Z', 'Asia/Shanghai', '700100000042'],
    ['2024-12-31T15:59:59.999Z', 'Asia/Shanghai', '436623000042'],
    ['2026-06-30T18:29:59.999Z', 'Asia/Kolkata', '618123000042'],
    ['2026-06-30T18:30:00.000Z', 'Asia/Kolkata', '618200000042'],
    ['2026-06-30T18:15:00.000Z', 'Asia/Kathmandu', '618200000042'],
  ])('at %s in %s is %s: year, day, hour and STAN', (time, zone, expected) => {
    expect(retrievalReference(Date.parse(time), zone, '000042')).toBe(expected);
  });
  test('has the hour that the clocks show also when they have just been changed', () => {
    // Until 2011 Newfoundland put its clocks forward at 00:01.
    const at = (time: string) => retrievalReference(Date.parse(time), 'America/St_Johns', '000042');
    expect(at('2010-03-14T03:30:59.999Z')).toBe('007300000042');
    expect(at('2010-03-14T03:31:00.000Z')).toBe('007301000042');
  });
});
