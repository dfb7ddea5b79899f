import { describe, expect, test } from '@jest/globals';
import { holdsCardNumber } from '../../../src/http/card-number.js';

/** The same number with this between its groups of four. */
const apart = (separator: string) => ['4242', '4242', '4242', '4242'].join(separator);

/** The same number in the digits of another script. */
const inDigitsFrom = (nought: number) =>
  apart('').replace(/\d/g, (digit) => String.fromCodePoint(nought + Number(digit)));

describe('a card number is seen', () => {
  test.each([
    ['in one piece', apart('')],
    ['with spaces', apart(' ')],
    ['with hyphens', apart('-')],
    ['with low lines, as a token may have them', apart('_')],
    ['with dots', apart('.')],
    ['with slashes', apart('/')],
    ['with tabs', apart('\t')],
    ['on lines', apart('\r\n')],
    ['with two spaces', apart('  ')],
    ['with a hyphen between spaces', apart(' - ')],
    ['with dashes', apart('–')],
    ['with minus signs', apart('\u2212')],
    ['with middle dots', apart('\xb7')],
    ['with bullets between spaces', apart(' \u2022 ')],
    ['with zero-width spaces', apart('\u200b')],
    ['with zero-width joiners', apart('\u200d')],
    ['with byte order marks', apart('\ufeff')],
    ['with soft hyphens', apart('\u00ad')],
    ['with a mark on each digit', [...apart('')].join('\ufe0f\u20e3')],
    ['digit by digit', [...apart('')].join(' ')],
    ['with commas', apart(',')],
    ['with commas and spaces', apart(', ')],
    ['with a colon between spaces', apart(' : ')],
    ['with as much as three of any', apart('*|*')],
    ['by the groups of an American Express card', '3782.822463.10005'],
    ['of thirteen digits', '4222222222222'],
    ['of nineteen digits', '6304123456789012347'],
    ['of nineteen digits in groups', '6304_0000_0000_0000_000'],
    ['of nineteen digits in groups that commas part', '6304,0000,0000,0000,000'],
    ['by the groups of an American Express card, parted by colons', '3782:822463:10005'],
    ['by the groups of a Diners card, parted by commas', '3056,930902,5904'],
    ['before a number of three digits', `${apart(',')}, 100 EUR`],
    ['behind a sum and a time', `1,250.00 at 12:30:45; ${apart(';')}`],
    ['in full-width digits', inDigitsFrom(0xff10)],
    ['in Arabic digits', inDigitsFrom(0x660)],
    ['in Persian digits', inDigitsFrom(0x6f0)],
    ['in Devanagari', inDigitsFrom(0x966)],
    ['in Khmer', inDigitsFrom(0x17e0)],
    ['in the second of two rows of digits', inDigitsFrom(0x116da)],
    ['in mathematical digits', inDigitsFrom(0x1d7d8)],
    ['in raised digits', apart('').replaceAll('2', '\xb2').replaceAll('4', '\u2074')],
    ['amid other numbers', `2026-03-02 ${apart('.')} 7`],
    ['beside a request’s name', `M1.T1.000001.000001 ${apart('.')}`],
    ...[...':;,|*\'"#=+~&\\@!?%$^<>(){}[]`、，；：｜＊＋＝\xa7\u20ac'].map(
      (separator) => [`with ${separator}`, apart(separator)] as const,
    ),
  ])('%s', (_how, text) => {
    expect(holdsCardNumber(text)).toBe(true);
  });
});

describe('no card number is seen', () => {
  test.each([
    ['in one that fails the check', apart('_').replace('4242', '4243')],
    ['in too few digits', '4242.4242.4240'],
    ['in too many in one piece', '00000000000000000042424242424242'],
    ['where more stands between', apart('    ')],
    ['where more than blanks stand between', apart(' :: ')],
    ['where letters stand between', apart('x')],
    ['in groups of other lengths that commas part', '424242,42424,24242'],
    ['in a sum with thousands separators', '4,242,424,242,424,242.00'],
    ['in a sum with apostrophes', "4'242'424'242'424'242"],
    ['in sums side by side', '4,242,424; 2,424,242; 4,242.42'],
    ['in a list of years', '2023, 2024, 2025, 2026'],
    ['in times of opening', '0900,1300,1400,1806'],
    ['in a time with its zone', '2026-03-02T12:30:45.123456+08:00'],
    ['in a date and a time', '02.03.2026, 12:30:45'],
    ['in the names of a request and its sum', 'M1.42424242.424242.424242, 4242'],
    ['in the name of a request', 'M1.31000000.000001.000004'],
    ['in a name within a sentence', 'void of 898110248990001.31000000.000001.000004, by mistake'],
    ['in the name of a batch', 'M1.31000000.000001'],
    ['in the name of a scan', 'IMG_20260302_123045.jpg'],
    ['in a time', '2026-03-02 12:30:45.123'],
    ['in a reference', '606112000123'],
    ['in an account number', 'DE89370400440532013000'],
    ['in a name of 36 letters and digits', '550e8400-e29b-41d4-a716-446655440000'],
  ])('%s', (_where, text) => {
    expect(holdsCardNumber(text)).toBe(false);
  });

  test.each([
    ['the name of a request', (six: string) => `30000001.40000000.${six}.${six}`],
    ['a path by date', (six: string) => `scans/2026/03/02/${six}`],
    ['a photo', (six: string) => `IMG_20260302_${six}.jpg`],
    ['a sum', (six: string) => `4,242,424,${six.slice(0, 3)},${six.slice(3)}.00 EUR`],
    ['a time', (six: string) => `2026-03-02T12:30:45.${six}+08:00`],
    ['a request and its sum', (six: string) => `M1.4242.${six}, 4242 EUR`],
    ['a reference and a time', (six: string) => `#606112${six}, 12:30:45`],
    ['a telephone number', (six: string) => `+49 (30) ${six}, 9-17`],
  ])('in %s, whatever its number', (_what, text) => {
    const texts = Array.from({ length: 500 }, (_, number) => text(String(number).padStart(6, '0')));

    expect(texts.filter(holdsCardNumber)).toEqual([]);
  });
});
