import { DateTime, Info } from 'luxon';
import type { MerchantSettings, SettlementCycle } from './merchant.events.js';

/** The two settings that make a merchant's business date. */
export type DayRule = Pick<MerchantSettings, 'timeZone' | 'dayCloseAt'>;

export interface BusinessDay {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** Epoch milliseconds: the first instant that no longer belongs to it. */
  readonly endsAt: number;
}

/**
 * The instant (epoch milliseconds) at which a business date ends. The cut-off ends the calendar date
 * at 12:00 or later, before that the previous one. A cut-off that the clocks skip moves on with them; of one that
 * comes twice, the first counts.
 */
export function businessDateEnd(date: string, rule: DayRule): number {
  const { timeZone, dayCloseAt } = rule;
  const key = `${date} ${dayCloseAt} ${timeZone}`;
  const known = ends.get(key);
  if (known !== undefined) return known;
  const end = reckonedEnd(date, rule);
  if (ends.size >= KEPT_ENDS) ends.clear();
  ends.set(key, end);
  return end;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Zone arithmetic is slow, and many sales are asked about by the same few dates. */
const ends = new Map<string, number>();
const KEPT_ENDS = 10_000;

function reckonedEnd(date: string, rule: DayRule): number {
  const [hour, minute] = rule.dayCloseAt.split(':').map(Number) as [number, number];
  // As if the zone were UTC: within a day of it, whatever the zone, the clocks stand so.
  const reading =
    Date.parse(date) + (endsSameDate(rule) ? 0 : DAY_MS) + (hour * 60 + minute) * MINUTE_MS;
  const zone = Info.normalizeZone(rule.timeZone);
  const [before, after] = [reading - DAY_MS, reading + DAY_MS].map((at) => zone.offset(at));
  const instants = [before, after].map((offset = 0) => reading - offset * MINUTE_MS);
  const [moved = 0] = instants;
  const standing = instants.filter((at) => at + zone.offset(at) * MINUTE_MS === reading);
  return standing.length === 0 ? moved : Math.min(...standing);
}

/** The business date that an instant (epoch milliseconds) counts for, and when it ends. */
export function businessDay(at: number, rule: DayRule): BusinessDay {
  const key = `${rule.timeZone} ${rule.dayCloseAt}`;
  const last = lastDay.get(key);
  if (last && at >= last.startsAt && at < last.endsAt) return last;
  let date = DateTime.fromMillis(at, { zone: rule.timeZone }).toISODate() as string;
  while (businessDateEnd(addDays(date, -1), rule) > at) date = addDays(date, -1);
  while (businessDateEnd(date, rule) <= at) date = addDays(date, 1);
  if (endsSameDate(rule)) date = behindSkipped(date, rule);
  const day = {
    date,
    startsAt: businessDateEnd(addDays(date, -1), rule),
    endsAt: businessDateEnd(date, rule),
  };
  lastDay.set(key, day);
  return day;
}

/** Whether the cut-off ends the calendar date that it falls on, and not the one before. */
function endsSameDate({ dayCloseAt }: DayRule): boolean {
  return dayCloseAt >= '12:00';
}

/** A calendar date that the zone skipped ends with the next, and is none: what falls on the two is of the next. */
function behindSkipped(date: string, rule: DayRule): string {
  const next = addDays(date, 1);
  return businessDateEnd(next, rule) === businessDateEnd(date, rule) ? next : date;
}

/** Zone arithmetic is slow and most requests fall on the day of the one before: the last day per rule is kept. */
const lastDay = new Map<string, BusinessDay & { readonly startsAt: number }>();

/** Before and behind all dates that are kept: the ends of a span that names none. */
export const FIRST_DATE = '0000-00-00';
export const LAST_DATE = '9999-99-99';

/**
 * Calendar dates have no zone: they are counted in UTC, where every day has the same length. Those of years before 0000
 * and from 10000 on have a sign. @throws RangeError for what is no date
 */
export function addDays(date: string, days: number): string {
  const [day = ''] = new Date(Date.parse(date) + days * DAY_MS).toISOString().split('T');
  return day;
}

/** Whole days from one date to another; negative when the second is earlier. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS;
}

/** When money of this business date is due: T1 and T2 count business days, D1 calendar days. */
export function valueDate(
  businessDate: string,
  cycle: SettlementCycle,
  holidays: readonly string[],
): string {
  switch (cycle) {
    case 'T0':
      return businessDate;
    case 'D1':
      return addDays(businessDate, 1);
    case 'T1':
      return addBusinessDays(businessDate, 1, holidays);
    case 'T2':
      return addBusinessDays(businessDate, 2, holidays);
  }
}

function addBusinessDays(date: string, count: number, holidays: readonly string[]): string {
  let day = date;
  for (let left = count; left > 0;) {
    day = addDays(day, 1);
    if (isBusinessDay(day, holidays)) left -= 1;
  }
  return day;
}

function isBusinessDay(date: string, holidays: readonly string[]): boolean {
  return DateTime.fromISO(date, { zone: 'utc' }).weekday <= 5 && !holidays.includes(date);
}

/**
 * The retrieval reference number (ISO 8583 field 37) of a request: YDDDHH of the merchant's local time,
 * then the STAN. For people, never a key.
 */
export function retrievalReference(at: number, timeZone: string, stan: string): string {
  const local = localHour(at, timeZone);
  return `${local}${stan}`;
}

/** YDDDHH; clocks have been changed a minute past the hour, so one reckoning serves a minute. */
function localHour(at: number, timeZone: string): string {
  const minute = Math.floor(at / MINUTE_MS);
  const last = lastHour.get(timeZone);
  if (last?.minute === minute) return last.text;
  const local = DateTime.fromMillis(at, { zone: timeZone });
  const text = `${local.year % 10}${local.toFormat('oooHH')}`;
  lastHour.set(timeZone, { minute, text });
  return text;
}

const lastHour = new Map<string, { readonly minute: number; readonly text: string }>();
