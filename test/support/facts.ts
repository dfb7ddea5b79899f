import type { BatchEvent } from '../../src/batches/domain/batch.events.js';
import type { CardEvent, CardStatus } from '../../src/cards/domain/card.js';
import { minor } from '../../src/ledger/domain/money.js';
import type {
  MerchantEvent,
  MerchantSettings,
  Right,
} from '../../src/merchants/domain/merchant.events.js';
import type { SaleData, SaleEvent, SettledData } from '../../src/sales/domain/sale.events.js';
import type { StoredTotals } from '../../src/batches/domain/batch.events.js';

/** A sale of 100.00 on Tuesday morning in Shanghai, whose business date ends with the day. */
export const SALE_TIME = '2026-11-24T02:00:00.000Z';
const DAY_END = '2026-11-24T16:00:00.000Z';
const SALE_ID = 'M1.T1.000001.000001';

const SETTINGS: MerchantSettings = {
  name: 'Corner shop',
  currency: 'CNY',
  timeZone: 'Asia/Shanghai',
  dayCloseAt: '00:00',
  settlementCycle: 'T1',
  holidays: [],
  fee: { basisPoints: 0 },
  voidPolicy: { partial: true, consent: false, cardPresent: false },
  refundPolicy: {
    windowDays: 180,
    whileVoidable: 'refuse',
    feeReturn: 'keep',
    negativeBalance: true,
  },
};

/** Settings where a test says only what it is about. */
export interface SomeSettings extends Partial<
  Omit<MerchantSettings, 'voidPolicy' | 'refundPolicy'>
> {
  readonly voidPolicy?: Partial<MerchantSettings['voidPolicy']>;
  readonly refundPolicy?: Partial<MerchantSettings['refundPolicy']>;
}

export function settings({ voidPolicy, refundPolicy, ...rest }: SomeSettings = {}) {
  return {
    ...SETTINGS,
    ...rest,
    voidPolicy: { ...SETTINGS.voidPolicy, ...voidPolicy },
    refundPolicy: { ...SETTINGS.refundPolicy, ...refundPolicy },
  };
}

export function merchantWith(some: SomeSettings): MerchantEvent {
  const data = { merchantId: 'M1', settings: settings(some), occurredAt: SALE_TIME };
  return { type: 'MerchantRegistered', data };
}

export function rightFrozen(right: Right): MerchantEvent {
  const data = { merchantId: 'M1', right, reason: 'checked', occurredAt: SALE_TIME };
  return { type: 'RightFrozen', data };
}

export function rightRestored(right: Right): MerchantEvent {
  const data = { merchantId: 'M1', right, reason: 'checked', occurredAt: SALE_TIME };
  return { type: 'RightRestored', data };
}

export function cardReported(status: Exclude<CardStatus, 'active'>): CardEvent {
  return { type: 'CardReported', data: { token: 'tok_1', status, occurredAt: SALE_TIME } };
}

export const cardRestored: CardEvent = {
  type: 'CardRestored',
  data: { token: 'tok_1', occurredAt: SALE_TIME },
};

export function saleWith(more: Partial<SaleData>): SaleEvent & { type: 'Sale' } {
  return {
    type: 'Sale',
    data: {
      saleId: SALE_ID,
      merchantId: 'M1',
      terminalId: 'T1',
      batchNo: '000001',
      stan: '000001',
      storeId: 'S1',
      amount: minor(10_000),
      currency: 'CNY',
      card: { token: 'tok_1', last4: '4242' },
      rrn: '632810000001',
      businessDate: '2026-11-24',
      businessDateEndsAt: DAY_END,
      occurredAt: SALE_TIME,
      ...more,
    },
  };
}

export const sale = saleWith({});

export function voided(amount: number, stan = '000002'): SaleEvent & { type: 'Void' } {
  return { type: 'Void', data: givenBack(amount, stan, 'void') };
}

export function refunded(
  amount: number,
  more: { stan?: string; afterSettlement?: boolean; feeReturned?: number } = {},
): SaleEvent & { type: 'Refund' } {
  const { stan = '000003', afterSettlement = false, feeReturned = 0 } = more;
  return {
    type: 'Refund',
    data: {
      ...givenBack(amount, stan, 'refund'),
      afterSettlement,
      feeReturned: minor(feeReturned),
    },
  };
}

/** A refund that waits for a second person. */
export function refundAwaiting(
  amount: number,
  stan = '000004',
): SaleEvent & { type: 'ApprovalRequested' } {
  const data = givenBack(amount, stan, 'refund');
  return {
    type: 'ApprovalRequested',
    data: { ...data, kind: 'refund', expiresAt: '2026-11-25T02:00:00.000Z' },
  };
}

function givenBack(amount: number, stan: string, asked: 'void' | 'refund') {
  return {
    request: `M1.T1.000001.${stan}`,
    saleId: SALE_ID,
    merchantId: 'M1',
    terminalId: 'T1',
    batchNo: '000001',
    stan,
    amount: minor(amount),
    currency: 'CNY',
    reason: 'wrong size',
    asked,
    businessDate: '2026-11-24',
    occurredAt: '2026-11-24T03:00:00.000Z',
  };
}

export function settledWith(more: Partial<SettledData>): SaleEvent & { type: 'Settled' } {
  return {
    type: 'Settled',
    data: {
      saleId: SALE_ID,
      merchantId: 'M1',
      terminalId: 'T1',
      batchNo: '000001',
      businessDate: '2026-11-24',
      currency: 'CNY',
      kind: 'batch',
      gross: minor(10_000),
      voided: minor(0),
      refunded: minor(0),
      fee: minor(0),
      reserve: minor(0),
      net: minor(10_000),
      valueDate: '2026-11-25',
      occurredAt: '2026-11-24T15:00:00.000Z',
      ...more,
    },
  };
}

export const settled = settledWith({});

const batch = {
  merchantId: 'M1',
  terminalId: 'T1',
  batchNo: '000001',
  businessDate: '2026-11-24',
  occurredAt: '2026-11-24T15:00:00.000Z',
};

export const closeRequested: BatchEvent = {
  type: 'BatchCloseRequested',
  data: {
    ...batch,
    storeId: 'S1',
    requestedBy: 'terminal',
    terms: { fee: { basisPoints: 0 }, valueDate: '2026-11-25' },
  },
};

export const batchClosed: BatchEvent = {
  type: 'BatchClosed',
  data: {
    ...batch,
    totals: {
      saleCount: 1,
      saleAmount: '10000',
      voidCount: 0,
      voidAmount: '0',
      refundCount: 0,
      refundAmount: '0',
    },
    settled: { count: 1, amount: '10000', fee: '0', reserve: '0', net: '10000' },
    refunds: [],
    reconciliation: 'not-sent',
  },
};

/** Totals of a batch that nothing is in. */
export const NOTHING: StoredTotals = {
  saleCount: 0,
  saleAmount: '0',
  voidCount: 0,
  voidAmount: '0',
  refundCount: 0,
  refundAmount: '0',
};
