import 'reflect-metadata';
import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  isIBAN,
  IsISO4217CurrencyCode,
  IsNumber,
  IsObject,
  IsOptional,
  IsRFC3339,
  IsString,
  isTimeZone,
  IsTimeZone,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { DateTime } from 'luxon';
import { isCurrency } from '../ledger/currency.js';
import { MAX_AMOUNT } from '../ledger/domain/money.js';
import { isTimestamp } from '../ledger/timestamp.js';
import { holdsCardNumber } from './card-number.js';
import { LEGIBLE } from './legible.js';
import { POSITION_DIGITS } from '../event-store/event-store.js';

/** Formats of the schemas, and what they admit. The same checks serve class-validator and the compiled schemas. */
export const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'no-card-number': (text) => !holdsCardNumber(text),
  iban: (text) => isIBAN(text),
  'iso-4217': isCurrency,
  'iana-time-zone': (text) => isTimeZone(text),
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && DateTime.fromISO(text).isValid,
  'date-time': isTimestamp,
};

/** What is told of a text that a format does not admit. */
export const FORMAT_ERRORS: Readonly<Record<string, string>> = {
  'no-card-number': 'holds what looks like a card number; send a token and the last four digits',
  iban: 'must be an IBAN, as DE89370400440532013000',
  'iso-4217': 'must be a currency of ISO 4217 that a card can pay in, as EUR',
  'iana-time-zone': 'must be a time zone by its IANA name, as Europe/Berlin',
  date: 'must be a calendar date, as 2026-03-02',
  'date-time':
    'must be a time with its zone, as 2026-03-02T09:00:00+08:00; in an address its + is %2B',
};

/** A format that no tool knows would be filled in with just any text where the document is tried out. */
const byExample = (format: string, example: string) => ({
  type: 'string' as const,
  format,
  examples: [example],
});

/** What each validator without a counterpart in JSON Schema becomes there. */
export const CONVERTERS = {
  noCardNumber: { type: 'string', format: 'no-card-number' },
  calendarDate: { type: 'string', format: 'date' },
  isRFC3339: { type: 'string', format: 'date-time' },
  isISO4217CurrencyCode: byExample('iso-4217', 'EUR'),
  iban: byExample('iban', 'DE89370400440532013000'),
  isTimeZone: byExample('iana-time-zone', 'Europe/Berlin'),
  // A bare integer is one of 32 bits to those who make clients from the document: no amount above 21 million fits.
  isInt: { type: 'integer', format: 'int64' },
  // Without their own `type: number`, which would undo the `integer` beside it.
  min: ({ constraints: [minimum = 0] }: { constraints: number[] }) => ({ minimum }),
  max: ({ constraints: [maximum = 0] }: { constraints: number[] }) => ({ maximum }),
} as const;

function ofFormat(name: 'noCardNumber' | 'calendarDate' | 'iban'): PropertyDecorator {
  const { format } = CONVERTERS[name];
  const validate = (value: unknown): boolean =>
    typeof value === 'string' && FORMATS[format]?.(value) === true;
  return ValidateBy({ name, validator: { validate, defaultMessage: () => `must be a ${format}` } });
}

/** What the field is for, in the service's own description. */
export const Told = (description: string): PropertyDecorator =>
  applyDecorators(JSONSchema({ description }));

/** A field that may be left out. */
export const Optional = (): PropertyDecorator => IsOptional();

/** A field that may be left out, and counts as this then. */
export const Defaulted = (value: unknown): PropertyDecorator =>
  applyDecorators(IsOptional(), JSONSchema({ default: value }));

/** Letters and digits only. */
export const Identifier = (maxLength: number): PropertyDecorator =>
  Matches(new RegExp(`^[A-Za-z0-9]{1,${maxLength}}$`));

/**
 * A name that is made up for a person: letters and digits only, and no card number. Of the numbers that systems give out,
 * one in ten of that length would look like one.
 */
export const OwnName = (maxLength: number): PropertyDecorator =>
  applyDecorators(Identifier(maxLength), ofFormat('noCardNumber'));

/** Just so many digits. */
export const Digits = (count: number): PropertyDecorator =>
  Matches(new RegExp(`^[0-9]{${count}}$`));

/** A text of this shape. */
export const Matching = (pattern: RegExp): PropertyDecorator => Matches(pattern);

const Money = (...bounds: PropertyDecorator[]): PropertyDecorator =>
  applyDecorators(IsInt(), ...bounds, Told('In the currency’s minor unit'));

/** Minor units of a request: a whole number from 1 up to twelve digits. */
export const Amount = (): PropertyDecorator => Money(Min(1), Max(MAX_AMOUNT));

/** Minor units that may go either way. */
export const SignedAmount = (): PropertyDecorator => Money(Min(-MAX_AMOUNT), Max(MAX_AMOUNT));

/** Minor units of a threshold or a limit: from 0. */
export const Threshold = (): PropertyDecorator => Money(Min(0), Max(MAX_AMOUNT));

/** A sum in minor units, exact at any size. */
export const Sum = (): PropertyDecorator => Money(Min(0));

/** The same, which may go either way. */
export const SignedSum = (): PropertyDecorator => Money();

/** A part of a whole, from 0 to 1. */
export const Share = (): PropertyDecorator => applyDecorators(IsNumber(), Min(0), Max(1));

/** A whole number within these bounds. */
export const Whole = (min: number, max: number): PropertyDecorator =>
  applyDecorators(IsInt(), Min(min), Max(max));

/** Free text; never with a card number in it. */
export const FreeText = (maxLength: number): PropertyDecorator =>
  applyDecorators(
    IsString(),
    MinLength(1),
    MaxLength(maxLength),
    Matches(LEGIBLE),
    ofFormat('noCardNumber'),
  );

/** A card's stand-in: letters, digits, `_` and `-`; never the number itself. */
export const CardToken = (): PropertyDecorator =>
  applyDecorators(Matches(/^[A-Za-z0-9_-]{1,64}$/), ofFormat('noCardNumber'));

/** ISO 4217, three capital letters. */
export const Currency = (): PropertyDecorator => IsISO4217CurrencyCode();
/** By its IANA name. */
export const TimeZone = (): PropertyDecorator => IsTimeZone();
/** RFC 3339, with its zone. */
export const Timestamp = (): PropertyDecorator => IsRFC3339();
/** `2026-03-02`. */
export const CalendarDate = (): PropertyDecorator => ofFormat('calendarDate');
/** `HH:MM`. */
export const TimeOfDay = (): PropertyDecorator => Matches(/^([01][0-9]|2[0-3]):[0-5][0-9]$/);
/** A place in the log: twenty digits. */
export const Position = (): PropertyDecorator => Digits(POSITION_DIGITS);
/** A position that a view must have reached before it is asked. */
export const Seen = (): PropertyDecorator =>
  applyDecorators(Position(), Told('A position that the answer must have seen'));
export const Flag = (): PropertyDecorator => IsBoolean();
/** A text of an answer, or one whose form its route looks at. */
export const Text = (): PropertyDecorator => IsString();
export const OneOf = (values: readonly string[]): PropertyDecorator => IsIn([...values]);
/** A whole number of an answer. */
export const Numeral = (): PropertyDecorator => IsInt();

/** An account number with its check digits right (ISO 13616). */
export const Iban = (): PropertyDecorator => ofFormat('iban');

/** An object of another class. */
export const Nested = (type: () => new () => object): PropertyDecorator =>
  applyDecorators(ValidateNested(), Type(type));

/** A list of objects of another class. */
export const NestedList = (type: () => new () => object): PropertyDecorator =>
  applyDecorators(IsArray(), ValidateNested({ each: true }), Type(type));

/** Calendar dates, a thousand at the most. */
export const DateList = (): PropertyDecorator =>
  applyDecorators(
    IsArray(),
    JSONSchema({ type: 'array', items: { type: 'string', format: 'date' }, maxItems: 1_000 }),
  );

/** Texts, where `values` are given only those. */
export const TextList = (values?: readonly string[]): PropertyDecorator =>
  applyDecorators(
    IsArray(),
    JSONSchema({ type: 'array', items: { type: 'string', ...(values && { enum: [...values] }) } }),
  );

/** An object whose fields are not listed here. */
export const OpenObject = (): PropertyDecorator => IsObject();
