import { expect, test } from '@jest/globals';
import { Journal } from '../../../src/ledger/journal.js';
import { SkipCommandHandler } from '../../../src/projections/skip.command-handler.js';
import { appendUnreadable } from '../../support/card-events.js';
import { BY, TestLedger } from '../../support/test-ledger.js';

test('a decision that is sent twice at the same moment is recorded once', async () => {
  const { store, views } = await TestLedger.open();
  await appendUnreadable(store);
  const position = await store.head();
  await expect(views.waitFor(position, ['keys'])).rejects.toThrow('keys has stopped');
  let time = 0;
  const skips = new SkipCommandHandler(new Journal(store), views, { now: () => (time += 1) });

  const decision = { name: 'keys', position, reason: 'written by a test' };
  const decide = () => skips.skip(decision, BY);
  const [first, second] = await Promise.all([decide(), decide()]);
  expect(first).toMatchObject({ skipped: { position }, replayed: false });
  expect(second).toEqual({ ...(first as object), replayed: true });
  expect(await store.readStream('projection-keys')).toHaveLength(1);
});
