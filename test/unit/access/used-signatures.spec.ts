import { expect, test } from '@jest/globals';
import { UsedSignatures } from '../../../src/access/used-signatures.js';
import { Journal } from '../../../src/ledger/journal.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { TestLedger } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

const OPERATOR = { scope: 'operator', keyId: 'abcdefghij12' } as const;

const usedAt = ({ store, clock }: TestLedger) => {
  const used = new UsedSignatures(new Journal(store), clock);
  return (nonce: string) => used.take(OPERATOR.keyId, nonce, OPERATOR);
};

test('of a nonce of which it is not known whether it was written, the request was surely not carried out', async () => {
  const store = new FlakyStore();
  const ledger = await TestLedger.open(undefined, { wrap: store.wrap });
  store.failNext(`signature-${OPERATOR.keyId}`, 'unknown');
  await expect(usedAt(ledger)('nonce-of-sixteen')).rejects.toMatchObject({ outcome: 'not-done' });
});

test('a nonce is let in once, at whatever node it comes, also at the same moment', async () => {
  const { one, other } = await twoNodes();
  const [atOne, atOther] = [usedAt(one), usedAt(other)];

  expect(await atOne('nonce-of-sixteen')).toBe(true);
  expect(await atOther('nonce-of-sixteen')).toBe(false);
  expect(await atOne('nonce-of-sixteen')).toBe(false);
  expect(await atOther('another-sixteen-')).toBe(true);
  const together = await Promise.all([atOne('once-and-no-more'), atOther('once-and-no-more')]);
  expect(together.filter((isFirst) => isFirst)).toHaveLength(1);
  await expectInvariants(one);
});
