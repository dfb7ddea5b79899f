import { DateTime } from 'luxon';

/** Hours end at 23 here: a day's end as 24:00:00 is ISO 8601's, and the next day's 00:00:00. */
const RFC_3339 =
  /^\d{4}-\d{2}-\d{2}[Tt]([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** The times that RFC 3339 has a text for in UTC: of years of four figures. */
const FIRST = Date.parse('0000-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a text is a time in RFC 3339. Luxon knows which days there are, and takes any offset; `Date.parse` does not. */
export function isTimestamp(text: string): boolean {
  const isOnCalendar = RFC_3339.test(text) && DateTime.fromISO(text.toUpperCase()).isValid;
  const time = Date.parse(text);
  return isOnCalendar && time >= FIRST && time <= LAST;
}
