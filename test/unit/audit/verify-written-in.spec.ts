import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { trustedPages } from '../../../src/event-store/checked-page.js';
import type { ExpectedRevision } from '../../../src/event-store/event-store.js';
import type {
  EventData,
  LedgerEvent,
  LedgerEventType,
  RecordedEvent,
} from '../../../src/ledger/domain/ledger-event.js';
import { Journal } from '../../../src/ledger/journal.js';
import { barred } from '../../../src/sales/domain/barred.js';
import { requestRefusals } from '../../../src/sales/domain/request-refusals.js';
import { settings } from '../../support/facts.js';
import { back, close, sell, timeout } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { BY, TestLedger } from '../../support/test-ledger.js';
import { faultsOf } from '../../support/verified-log.js';

/** Others have heard of all that was before by then. */
const HOUR_MS = 3_600_000;

const VOIDING = 'M1.T1.000001.000005';
const card = { token: 'tok_1', last4: '4242' };

let ledger: TestLedger;

beforeEach(async () => {
  ledger = await TestLedger.open();
  const voidPolicy = { cardPresent: true, approvalAbove: of(5_000) };
  await ledger.register('M1', settings({ voidPolicy }), { T1: 'S1' });
  await ledger.send(sell(1));
});

afterEach(() => {
  jest.restoreAllMocks();
});

function hourPasses(): void {
  jest.spyOn(Date, 'now').mockReturnValue(Date.now() + HOUR_MS);
}

/** The last such event of the log. */
async function last<T extends LedgerEventType>(type: T, from = ledger) {
  const isOf = ({ event }: RecordedEvent) => event.type === type;
  const found = (await from.log()).findLast(isOf);
  if (!found) throw new Error(`there is no ${type}`);
  return { stream: found.stream, data: found.event.data as EventData<T> };
}

/** Puts an event at the end of the log, in all else as the ledger would. */
async function write(stream: string, expected: ExpectedRevision, event: object): Promise<void> {
  const origin = { request: stream.slice('sale-'.length), by: BY };
  await new Journal(ledger.store).append(stream, expected, [event as LedgerEvent], origin);
}

async function details(): Promise<string[]> {
  return (await faultsOf(trustedPages(ledger.store))).map(({ detail }) => detail);
}

/** A sale like the first under another name. */
async function writeSale(stan: string, more: object): Promise<void> {
  const { data } = await last('Sale');
  const saleId = `M1.T1.000001.${stan}`;
  const rrn = data.rrn.replace(/000001$/, stan);
  await write(`sale-${saleId}`, 'no-stream', {
    type: 'Sale',
    data: { ...data, stan, saleId, rrn, ...more },
  });
}

test('a time-out reversal in a batch that had long been closed is found', async () => {
  const other = await TestLedger.open();
  await other.register('M1', settings(), { T1: 'S1' });
  const reversal = { ...timeout(9, 1), batchNo: '000002' };
  for (const sending of [sell(1), reversal]) await other.send(sending);
  const [taken, undone] = [await last('RequestTaken', other), await last('Reversal', other)];
  await ledger.send(back('refund', 99, 1, { batchNo: '000002' }));
  await ledger.send(close('000002'));
  hourPasses();

  await write(taken.stream, 'no-stream', { type: 'RequestTaken', data: taken.data });
  expect(await details()).toEqual([]);
  await write(undone.stream, 0, { type: 'Reversal', data: undone.data });
  expect(await details()).toEqual([expect.stringContaining('(batch-closed)')]);
});

test('a time-out reversal that came too late for its batch, and was refused, is none', async () => {
  await ledger.send(sell(2, { batchNo: '000002' }));
  await ledger.send(close('000002'));
  hourPasses();
  expect(await ledger.send({ ...timeout(9, 1), batchNo: '000002' })).toHaveProperty('refusal');
  expect(await details()).toEqual([]);
});

test.each([
  ['another card', { card: { token: 'tok_2', last4: '4242' } }],
  ['no card', { card: undefined }],
])(
  'a card that is said to have been presented is found where its request showed %s',
  async (_, shown) => {
    const voiding = { ...back('void', 1, 5, { amount: 100 }), card };
    const other = await TestLedger.open();
    await other.register(
      'M1',
      settings({ voidPolicy: { cardPresent: true, approvalAbove: of(5_000) } }),
      {
        T1: 'S1',
      },
    );
    for (const sending of [sell(1), voiding]) await other.send(sending);
    const [taken, done] = [await last('RequestTaken', other), await last('Void', other)];
    await write(taken.stream, 'no-stream', {
      type: 'RequestTaken',
      data: { ...taken.data, content: { ...taken.data.content, ...shown } },
    });
    await write(done.stream, 0, { type: 'Void', data: done.data });
    expect(await details()).toEqual(['the Void differs from its request in cardPresented']);
  },
);

test('a sale in another currency than its batch has is found', async () => {
  const terminal = { terminalId: 'T1', storeId: 'S1', currency: 'USD' };
  await ledger.ledger.merchants.assignTerminal('M1', terminal, BY);
  // By a version that keeps batches to their currency.
  await ledger.send({ ...back('void', 1, 8, { amount: 100 }), card } as never);
  hourPasses();
  await writeSale('000003', { currency: 'USD' });
  expect(await details()).toEqual([expect.stringContaining('(batch-currency)')]);
});

describe('of what waits for an approval', () => {
  beforeEach(async () => {
    expect(await ledger.send({ ...back('void', 1, 5), card } as never)).toMatchObject({
      answer: { status: 'awaiting-approval' },
    });
  });

  test('a refusal is found', async () => {
    const { stream, data } = await last('RequestTaken');
    const refusal = requestRefusals.reversed();
    await write(stream, 0, { type: 'Refused', data: { ...data, refusal } });
    expect(await details()).toEqual([`something became of request ${VOIDING} already`]);
  });

  test('a bar is found', async () => {
    const { data } = await last('RequestTaken');
    const bar = barred(data, 'M1.T1.000001.000001');
    await write('sale-M1.T1.000001.000001', 1, bar);
    expect(await details()).toEqual([`something became of request ${VOIDING} already`]);
  });
});

test.each([
  ['of another terminal', 'M1.T2.000001.000001'],
  ['with no name', 'the one before'],
])('a sale that is said to repeat one %s is found', async (_, repeats) => {
  await writeSale('000003', { repeats });
  expect(await details()).toEqual([`it does not repeat ${repeats}`]);
});

test('a refusal at a terminal that never was is found', async () => {
  await ledger.send(sell(2, { currency: 'USD' }));
  const { data } = await last('Refused');
  const [terminalId, request] = ['T9', 'M1.T9.000001.000002'];
  const content = { ...data.content, terminalId };
  await write(`sale-${request}`, 'no-stream', {
    type: 'Refused',
    data: { ...data, request, terminalId, content },
  });
  expect(await details()).toEqual(['there was no terminal T9']);
});
