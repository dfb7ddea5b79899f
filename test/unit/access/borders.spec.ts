import { expect, test } from '@jest/globals';
import { strangeTo, type Subject } from '../../../src/access/borders.js';

const MERCHANT = { scope: 'merchant', merchantId: 'M1' } as const;
const TERMINAL = { scope: 'terminal', merchantId: 'M1', terminalId: 'T1' } as const;

test.each<[Subject, string | undefined]>([
  [{ saleId: 'M1.T1.000001.000001' }, undefined],
  [{ saleId: 'M1.T2.000001.000001' }, undefined],
  [{ saleId: 'M10.T1.000001.000001' }, 'sale-approved'],
  [{ approvalId: 'M1.T1.000001.000001' }, undefined],
  [{ approvalId: 'M10.T1.000001.000001' }, 'unknown-approval'],
  [{ appealId: 'M1.T1.000001.000001' }, undefined],
  [{ appealId: 'M10.T1.000001.000001' }, 'unknown-appeal'],
  [{ payoutId: 'M1.CNY.1' }, undefined],
  [{ payoutId: 'M10.CNY.1' }, 'unknown-payout'],
  [{ merchantId: 'M1' }, undefined],
  [{ merchantId: 'M10' }, 'unknown-merchant'],
])('to keys of M1 %j is told as %p', (subject, code) => {
  expect(strangeTo(MERCHANT, subject)?.code).toBe(code);
  expect(strangeTo(TERMINAL, subject)?.code).toBe(code);
  expect(strangeTo({ scope: 'operator' }, subject)).toBeUndefined();
});

test('a terminal is no other one, and its merchant is each', () => {
  const subject = { merchantId: 'M1', terminalId: 'T2' };
  expect(strangeTo(TERMINAL, subject)?.code).toBe('unknown-terminal');
  expect(strangeTo(TERMINAL, { ...subject, terminalId: 'T1' })).toBeUndefined();
  expect(strangeTo(MERCHANT, subject)).toBeUndefined();
});
