import { expect, test } from '@jest/globals';
import type { Position } from '../../../src/event-store/event-store.js';
import { ViewBehindError } from '../../../src/projections/views.js';
import { TestLedger } from '../../support/test-ledger.js';

test('who waits for views is sent away once the service stops', async () => {
  const { views } = await TestLedger.open();
  const waiting = views.waitFor('9'.repeat(20) as Position, undefined, 600_000);
  views.stopWaiting();
  await expect(waiting).rejects.toThrow(ViewBehindError);
});
