import { expect, test } from '@jest/globals';
import { ServedLedger } from '../../../src/cli/served-ledger.js';
import type { Service } from '../../../src/cli/service.js';
import { minor } from '../../../src/ledger/domain/money.js';

const SALE = {
  merchantId: 'M1',
  terminalId: 'T1',
  batchNo: '260302',
  stan: '000001',
  amount: minor(100),
  currency: 'GBP',
  card: { token: 'guest-1', last4: '0001' },
};

/** The ledger of a service that always answers so. */
function answering(status: number, code: string): ServedLedger {
  const headers = new Headers({ 'retry-after': '0' });
  const ask = () => Promise.resolve({ status, headers, body: { code, detail: `${code}.` } });
  return new ServedLedger({ ask } as unknown as Service);
}

test('a sale that was refused is counted under why', async () => {
  const played = await answering(422, 'within-limits').take(SALE);
  expect(played).toEqual({ refused: 'within-limits', replayed: false });
});

test.each([
  [401, 'unauthenticated'],
  [429, 'too-many-requests'],
  [503, 'store-unavailable'],
])('a sale that was not decided is none that was refused: %d', async (status, code) => {
  await expect(answering(status, code).take(SALE)).rejects.toThrow(`${code}.`);
});
