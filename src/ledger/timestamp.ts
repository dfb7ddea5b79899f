import { DateTime } from 'luxon';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Whether a text is a time in RFC 3339. Luxon knows which days there are, and takes any offset; `Date.parse` does not. */
export function isTimestamp(text: string): boolean {
  const isOnCalendar = RFC_3339.test(text) && DateTime.fromISO(text.toUpperCase()).isValid;
  return isOnCalendar && !Number.isNaN(Date.parse(text));
}
