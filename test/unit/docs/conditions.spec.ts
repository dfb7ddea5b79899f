import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { withConditions } from '../../../src/sales/domain/conditions-table.js';

test('docs/domain.md lists the conditions just as the code has them', () => {
  const text = readFileSync('docs/domain.md', 'utf8');
  expect(text).toContain('`funds-not-settled`');
  expect(withConditions(text)).toBe(text);
});
