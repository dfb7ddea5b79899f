import { describe, expect, test } from '@jest/globals';
import { LEGIBLE, legible } from '../../../src/http/legible.js';

describe('a text', () => {
  test.each([
    '',
    'M\u00fcller & S\u00f6hne',
    '\u987e\u5ba2 \u{1f600}',
    'a line\r\n\tand the next',
    '\ufffd',
  ])('like %j is legible, and stays as it is', (text) => {
    expect([LEGIBLE.test(text), legible(text)]).toEqual([true, text]);
  });

  test.each([
    '\u0000',
    '\u0085',
    '\ud800',
    '\ufdd0',
    '\ufffe',
    '\uffff',
    '\u{1fffe}',
    '\u{10ffff}',
  ])('with %j in it is not, and is shown with a sign for it', (sign) => {
    const text = `a${sign}b`;
    expect([LEGIBLE.test(text), legible(text)]).toEqual([false, 'a\ufffdb']);
  });
});
