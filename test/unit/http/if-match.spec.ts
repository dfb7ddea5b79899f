import { describe, expect, test } from '@jest/globals';
import { revisionsIn } from '../../../src/http/if-match.js';

describe('an If-Match', () => {
  test.each<[string | undefined, readonly number[] | undefined]>([
    [undefined, undefined],
    ['*', undefined],
    [' * ', undefined],
    ['"0"', [0]],
    [' "3" ', [3]],
    ['"3","14"', [3, 14]],
    ['"3"\t, \t"14"', [3, 14]],
    ['W/"3"', []],
    ['W/"3", "14"', [14]],
    ['"3", W/"14"', [3]],
    ['"x"', []],
    ['"03"', []],
    ['"1234567890"', []],
  ])('of %j names the revisions %j', (sent, revisions) => {
    expect(revisionsIn(sent)).toEqual(revisions);
  });

  test.each(['', '3', '"3" "14"', '"3",', 'w/"3"', '"3', '*, "3"'])(
    'of %j is malformed',
    (sent) => {
      expect(() => revisionsIn(sent)).toThrow('malformed');
    },
  );
});
