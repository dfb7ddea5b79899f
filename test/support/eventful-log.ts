import { ownStream } from '../../src/audit/domain/own-stream.js';
import type { Fault } from '../../src/audit/verify/fault.js';
import type { CheckedPage } from '../../src/event-store/checked-page.js';
import type { StoredEvent } from '../../src/event-store/event-store.js';
import { canonicalJson } from '../../src/ledger/canonical-json.js';
import type { LedgerEvent, LedgerEventType } from '../../src/ledger/domain/ledger-event.js';
import { requestName } from '../../src/ledger/domain/request-name.js';
import { settings } from './facts.js';
import { back, close, name, type Sending, sell, timeout } from './requests.js';
import { of } from './specification.js';
import { covered, positionAt } from './tampering.js';
import { BY, newSqliteLog, TestLedger } from './test-ledger.js';
import { faultsOf } from './verified-log.js';

const FIRST_MS = Date.parse('2026-11-27T00:00:00.000Z');
const yuan = (amount: number) => of(amount * 100);

const MINUTE_MS = 60_000;

/**
 * A log as the ledger wrote it, with something of nearly every kind: its events recorded so far apart that each was
 * decided on all before it.
 */
export async function eventfulLog(): Promise<StoredEvent[]> {
  const ledger = await TestLedger.open(newSqliteLog());
  const { merchants, cards, appeals } = ledger.ledger;
  const above = { supervisorAbove: yuan(500), approvalAbove: yuan(800) };
  const shop = settings({
    fee: { basisPoints: 60 },
    reserve: { basisPoints: 500, days: 3 },
    payoutAccount: { number: '622200001111' },
    voidPolicy: above,
    refundPolicy: { approvalAbove: yuan(700), feeReturn: 'proportional', whileVoidable: 'allow' },
  });
  await ledger.register('M1', shop, { T1: 'S1', T2: 'S2' });
  await ledger.register('M2', settings(), { T1: 'S1' });
  const boss = { name: 'Boss', password: 'let it through' };
  await merchants.setSupervisor('M1', 'BOSS', boss, BY);
  await cards.setStatus('tok_hot', 'lost', BY);
  await merchants.setRight('M2', 'void', 'frozen', 'checked', BY);
  await merchants.setRight('M2', 'void', 'active', 'right', BY);

  const send = async (...sendings: readonly Sending[]): Promise<void> => {
    for (const sending of sendings) await ledger.send(sending);
  };
  for (const stan of [1, 2, 3, 4, 5, 6]) await send(sell(stan));
  for (const stan of [7, 8, 9]) await send(sell(stan, { amount: yuan(900) }));
  await send(sell(10, { card: { token: 'tok_hot', last4: '4242' } }));
  await send(back('void', 1, 21), back('void', 2, 22, { amount: yuan(30) }));
  await send(back('refund', 3, 23, { amount: yuan(20) }), back('refund', 4, 24));
  const supervised = { ...name(25), reason: 'wrong size', amount: yuan(600) };
  await ledger.ledger.giveBacks.giveBack(
    {
      ...supervised,
      asked: 'void',
      saleId: 'M1.T1.000001.000007',
      supervisor: { id: 'BOSS', ...boss },
    },
    { content: { ...supervised, supervisor: { id: 'BOSS' } }, by: BY },
  );
  await send(back('refund', 8, 26), { op: 'approve', approvalId: requestName(name(26)) });
  await send(back('refund', 9, 27), { op: 'decline', approvalId: requestName(name(27)) });
  await send(back('refund', 9, 28));
  await send(back('void', 10, 29), timeout(30, 5), timeout(31, 22), timeout(32, 99));
  await send(timeout(33, 99));
  const refused = name(29);
  const appeal = { reason: 'the customer is here' };
  await appeals.file('M1.T1.000001.000010', refused, appeal, BY);
  await appeals.file('M1.T1.000001.000009', name(27), appeal, BY);
  await appeals.answer(requestName(refused), 'upheld', { reason: 'so it is' }, BY);
  await send({ op: 'settle', saleId: 'M1.T1.000001.000006' });
  await send(sell(1, { terminalId: 'T2' }), sell(2, { terminalId: 'T2' }));
  await send(back('void', 'M1.T2.000001.000002', 3, { terminalId: 'T2', amount: yuan(10) }));
  await send(sell(4, { terminalId: 'T2' }), { ...timeout(5, 4), terminalId: 'T2' });
  const items = [
    { stan: '000001', kind: 'sale', amount: yuan(100) },
    { stan: '000002', kind: 'sale', amount: yuan(90) },
    { stan: '000003', kind: 'void', amount: yuan(10) },
    { stan: '000004', kind: 'sale', amount: yuan(100) },
  ] as const;
  await send(close('000001', { terminalId: 'T2', items }));
  await send(sell(1, { merchantId: 'M2' }));
  ledger.at('2026-11-25T02:00:00.000Z');
  await ledger.doDue();
  const totals = {
    saleCount: 1,
    saleAmount: '10001',
    ...{ voidCount: 0, voidAmount: '0', refundCount: 0, refundAmount: '0' },
  };
  await send(close('000001', { merchantId: 'M2', totals }));
  const saleId = 'M1.T1.000001.000003';
  await send({ op: 'chargeback', saleId, chargebackId: 'C1', amount: yuan(30), fee: yuan(5) });
  await send({ op: 'chargeback-won', saleId, chargebackId: 'C1' });
  await send({ op: 'chargeback', saleId, chargebackId: 'C2', amount: yuan(10), fee: yuan(5) });
  await send({ op: 'chargeback-lost', saleId, chargebackId: 'C2' });
  await send(back('refund', 2, 1, { batchNo: '000002', amount: yuan(50) }));
  await send({ op: 'payout-paid', payoutId: 'M1.CNY.1' });
  ledger.at('2026-11-27T02:00:00.000Z');
  await ledger.doDue();
  const log = (await ledger.store.readAll({ limit: 1_000 })).map(recordedApart);
  await ledger.close();
  return log;
}

/** As if each event had been recorded minutes after the one before it. */
export function recordedApart(event: StoredEvent, index: number): StoredEvent {
  const metadata = JSON.parse(event.metadata) as object;
  const recordedAt = new Date(FIRST_MS + index * 2 * MINUTE_MS).toISOString();
  return { ...event, metadata: canonicalJson({ ...metadata, recordedAt }) };
}

/** What an event says, to be changed at will. */
export type Said = Record<string, unknown>;

/** Index of the first event of a type that says so. */
export function indexOf(
  log: readonly StoredEvent[],
  type: LedgerEventType,
  isMeant: (data: Said) => boolean = () => true,
): number {
  const at = log.findIndex((event) => event.type === type && isMeant(saidBy(event)));
  if (at < 0) throw new Error(`there is no such ${type}`);
  return at;
}

export function saidBy({ data }: StoredEvent): Said {
  return JSON.parse(data) as Said;
}

/** What it says but for these fields. */
export function without(data: Said, ...names: readonly string[]): Said {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));
}

/** The log with one event of it changed, which stays where it is. */
export function rewritten(
  log: readonly StoredEvent[],
  at: number,
  change: (data: Said) => unknown,
): StoredEvent[] {
  const event = log[at] as StoredEvent;
  const data = saidBy(event);
  change(data);
  return log.with(at, { ...event, data: canonicalJson(data) });
}

/** An event as it would be stored if someone put it in, with the provenance of another. */
export function forged(like: StoredEvent, type: LedgerEventType, data: Said): StoredEvent {
  const stream = ownStream({ type, data } as unknown as LedgerEvent);
  return { ...like, type, data: canonicalJson(data), stream };
}

/** What is found in a log whose positions, revisions and ids were made right again. */
export function faultsIn(log: readonly StoredEvent[]): Promise<Fault[]> {
  async function* pages(): AsyncGenerator<CheckedPage> {
    yield await Promise.resolve({ events: covered(log), faults: [] });
  }
  return faultsOf(pages());
}

/** What is found at an event that was changed. */
export async function faultsAt(
  log: readonly StoredEvent[],
  type: LedgerEventType,
  change: (data: Said) => void,
  isMeant?: (data: Said) => boolean,
) {
  const at = indexOf(log, type, isMeant);
  const found = await faultsIn(rewritten(log, at, change));
  return found.filter(({ position }) => position === positionAt(at)).map(({ detail }) => detail);
}
