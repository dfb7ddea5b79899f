import { DateTime } from 'luxon';

/**
 * A time (RFC 3339) as people at the counter read it: by the clocks of the zone, with how far these are ahead of UTC,
 * `2026-03-02 23:00:00 +08:00`.
 */
export function localTime(time: string, timeZone: string): string {
  const key = `${time} ${timeZone}`;
  const known = texts.get(key);
  if (known !== undefined) return known;
  const local = DateTime.fromMillis(Date.parse(time), { zone: timeZone });
  const text = local.toFormat('yyyy-MM-dd HH:mm:ss ZZ');
  if (texts.size >= KEPT_TEXTS) texts.clear();
  texts.set(key, text);
  return text;
}

/** Zone arithmetic is slow, and the ends of the same few days are told of many sales. */
const texts = new Map<string, string>();
const KEPT_TEXTS = 10_000;
