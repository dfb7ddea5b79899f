import { expect, test } from '@jest/globals';
import canonicalizeModule from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/ledger/canonical-json.js';

const reference = canonicalizeModule as unknown as (value: object) => string;

/** Names that sort otherwise by code unit than as text or as numbers, too. */
const names = fc.constantFrom('a', 'aa', 'B', '$c', '10', '9', 'é', '\u20ac', '\ud83d\ude00', '');
const { tree: objects } = fc.letrec<{ tree: Record<string, unknown>; value: unknown }>((tie) => ({
  tree: fc.dictionary(names, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('tree'),
  ),
}));

test('any object is written as RFC 8785 has it, in order or not', () => {
  fc.assert(
    fc.property(objects, (value) => {
      const inOrder = JSON.parse(reference(value)) as object;
      expect(canonicalJson(value)).toBe(reference(value));
      expect(canonicalJson(inOrder)).toBe(reference(value));
    }),
  );
});

test('a field that is not there is left out, wherever it would stand', () => {
  expect(canonicalJson({ a: 1, b: undefined, c: { d: undefined } })).toBe('{"a":1,"c":{}}');
  expect(canonicalJson({ c: 1, b: undefined, a: 2 })).toBe('{"a":2,"c":1}');
});
