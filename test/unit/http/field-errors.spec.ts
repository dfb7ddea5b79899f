import { describe, expect, test } from '@jest/globals';
import {
  CalendarDate,
  Currency,
  FreeText,
  Iban,
  OneOf,
  Optional,
  TextList,
  Timestamp,
  TimeZone,
} from '../../../src/http/fields.js';
import { checkOf } from '../../../src/http/schemas.js';

class Fields {
  @Optional() @OneOf(['debit', 'credit']) type?: string;
  @Optional() @TextList(['void', 'refund']) kinds?: string[];
  @Optional() @FreeText(64) reason?: string;
  @Optional() @Currency() currency?: string;
  @Optional() @TimeZone() zone?: string;
  @Optional() @CalendarDate() date?: string;
  @Optional() @Timestamp() at?: string;
  @Optional() @Iban() iban?: string;
}

describe('what is told of a field says what may be sent instead', () => {
  test.each([
    ['type', 'Debit', 'must be one of debit, credit'],
    [
      'reason',
      'of card 4111 1111 1111 1111',
      'holds what looks like a card number; send a token and the last four digits',
    ],
    ['reason', 'bell \u0007', 'holds characters that can not be shown'],
    ['currency', 'euro', 'must be a currency of ISO 4217 that a card can pay in, as EUR'],
    ['currency', 'XXX', 'must be a currency of ISO 4217 that a card can pay in, as EUR'],
    ['zone', 'Mars', 'must be a time zone by its IANA name, as Europe/Berlin'],
    ['date', '2026-02-30', 'must be a calendar date, as 2026-03-02'],
    [
      'at',
      '2026-03-02T09:00:00 08:00',
      'must be a time with its zone, as 2026-03-02T09:00:00+08:00; in an address its + is %2B',
    ],
    ['iban', 'DE00', 'must be an IBAN, as DE89370400440532013000'],
  ])('%s %j: %s', (field, value, message) => {
    const errors = checkOf(Fields)({ [field]: value });

    expect(errors).toEqual([expect.objectContaining({ field, message })]);
  });

  test('of one of many by its place', () => {
    const errors = checkOf(Fields)({ kinds: ['void', 'sale'] });

    expect(errors).toEqual([
      expect.objectContaining({ field: 'kinds.1', message: 'must be one of void, refund' }),
    ]);
  });
});
