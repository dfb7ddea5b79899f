import { expect, test } from '@jest/globals';
import { encode } from '../../../src/ledger/event-codec.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { SALE_TIME, saleWith, settings } from '../../support/facts.js';
import { sell } from '../../support/requests.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';

test('a day-close knows a terminal that was assigned while it learned what is open', async () => {
  const log = newSqliteLog();
  const before = await TestLedger.open(log);
  await before.register('M1', settings(), { T1: 'S1' });
  await before.close();
  const ledger = await TestLedger.open(log);
  const append = async (stream: string, event: LedgerEvent): Promise<void> => {
    const written = encode(event, { request: stream, by: BY, recordedAt: SALE_TIME });
    await ledger.store.append(stream, 'any', [written]);
  };
  const { views } = ledger;
  const waitFor = views.waitFor.bind(views);
  views.waitFor = async (_, names) => {
    views.waitFor = waitFor;
    const terminal = { merchantId: 'M1', terminalId: 'T2', storeId: 'S2', occurredAt: SALE_TIME };
    await append('merchant-M1', { type: 'TerminalAssigned', data: terminal });
    const saleId = 'M1.T2.000001.000001';
    await append(`sale-${saleId}`, saleWith({ saleId, terminalId: 'T2', storeId: 'S2' }));
    await waitFor(await ledger.store.head(), names);
  };

  expect(await ledger.ledger.batches.dayClose('M1', 'S2', BY)).toMatchObject({
    answer: { batches: [{ terminalId: 'T2', status: 'closed' }] },
  });
});

test('a day-close of more batches than are closed side by side closes and tells of every one', async () => {
  const ledger = await TestLedger.open();
  const terminals = Array.from({ length: 300 }, (_, index) => `T${index}`);
  await ledger.register(
    'M1',
    settings(),
    Object.fromEntries(terminals.map((terminalId) => [terminalId, 'S1'])),
  );
  await Promise.all(terminals.map((terminalId) => ledger.send(sell(1, { terminalId }))));

  const closed = await ledger.ledger.batches.dayClose('M1', undefined, BY);

  expect(closed).toMatchObject({
    answer: { batches: terminals.map((terminalId) => ({ terminalId, status: 'closed' })) },
  });
  const types = (await ledger.log()).map(({ event }) => event.type);
  const lastShut = types.lastIndexOf('BatchCloseRequested');
  expect(types.indexOf('Settled')).toBeGreaterThan(lastShut);
  expect(types.filter((type) => type === 'BatchClosed')).toHaveLength(300);
});
