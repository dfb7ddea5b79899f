import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { withCodes } from '../../../src/http/codes-table.js';
import { withConditions } from '../../../src/sales/domain/conditions-table.js';

test.each([
  ['domain.md', 'conditions', '| `funds-not-settled` |', withConditions],
  ['api.md', 'codes', '| `too-many-refused` | 429 |', withCodes],
])('docs/%s lists the %s just as the code has them', (page, _, one, withTable) => {
  const text = readFileSync(`docs/${page}`, 'utf8');
  expect(text).toContain(one);
  expect(withTable(text)).toBe(text);
});
