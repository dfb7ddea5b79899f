import { timeText } from '../ledger/clock.js';
import { moneyText } from '../ledger/domain/decimal.js';
import { parseRequestName } from '../ledger/domain/request-name.js';
import { retrievalReference } from '../merchants/domain/business-day.js';
import { localTime } from '../merchants/domain/local-time.js';
import type { Merchant } from '../merchants/domain/merchant.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { type Operation, remaining, type Sale } from './domain/sale.js';
import { foldSale, type RecordedSale } from './recorded-sale.js';

export type Language = 'en' | 'zh';

/** What is printed: a title, then labelled rows in groups. */
export interface Receipt {
  readonly language: Language;
  readonly merchant: string;
  readonly title: string;
  readonly groups: readonly (readonly (readonly [label: string, value: string])[])[];
  readonly footer: string;
}

const WORDS = {
  sale: { en: 'SALE', zh: '消费' },
  void: { en: 'VOID', zh: '撤销' },
  refund: { en: 'REFUND', zh: '退货' },
  reversed: { en: 'reversed', zh: '已冲正' },
  merchantId: { en: 'Merchant', zh: '商户编号' },
  terminalId: { en: 'Terminal', zh: '终端编号' },
  operator: { en: 'Operator', zh: '操作员' },
  card: { en: 'Card', zh: '卡号' },
  scheme: { en: 'Scheme', zh: '卡组织' },
  batch: { en: 'Batch', zh: '批次号' },
  stan: { en: 'Trace no.', zh: '凭证号' },
  reference: { en: 'Reference', zh: '参考号' },
  authCode: { en: 'Approval', zh: '授权码' },
  time: { en: 'Time', zh: '日期时间' },
  amount: { en: 'AMOUNT', zh: '金额' },
  saleAmount: { en: 'Sale amount', zh: '原消费金额' },
  original: { en: 'Original ref.', zh: '原参考号' },
  remains: { en: 'Remaining', zh: '剩余金额' },
  voidUntil: { en: 'Void until', zh: '可撤销至' },
  footer: { en: 'Please keep this receipt', zh: '请妥善保管此凭证' },
} as const;

/** Which of the sale's requests it is for: the sale itself, or a void or refund of it by its name. */
export type Printed = 'sale' | { readonly kind: 'void' | 'refund'; readonly request: string };

/** The event that is printed; undefined where the sale has no such void or refund. */
export function printedEvent(
  { sale, events }: RecordedSale,
  printed: Printed,
): RecordedEvent | undefined {
  if (printed === 'sale') return events[0];
  const operation = operationOf(sale, printed);
  return operation && events[operation.revision];
}

function operationOf(sale: Sale, printed: Exclude<Printed, 'sale'>): Operation | undefined {
  const { kind, request } = printed;
  return sale.operations.find((each) => each.kind === kind && each.request === request);
}

/**
 * What a terminal prints, the same again at any time but for what came of it since: whether it was reversed, of a sale
 * what remains, and until when that may be voided, which is told as it is now: paper must not promise what is no longer
 * so. Undefined where the sale has no such void or refund. The merchant: as it was when that was recorded. `voidUntil`
 * (epoch milliseconds): undefined where no void is possible.
 */
export function receiptOf(
  { sale, events }: RecordedSale,
  { settings }: Merchant,
  printed: Printed,
  { language, voidUntil }: { readonly language: Language; readonly voidUntil?: number | undefined },
): Receipt | undefined {
  const say = (word: keyof typeof WORDS): string => WORDS[word][language];
  const { data } = sale;
  const operation = printed === 'sale' ? undefined : operationOf(sale, printed);
  if (printed !== 'sale' && !operation) return undefined;
  const event = operation && events[operation.revision]?.event;
  const effect = event?.type === 'Void' || event?.type === 'Refund' ? event.data : undefined;
  const then = operation && foldSale(events.slice(0, operation.revision + 1));
  const time = (effect ?? data).occurredAt;
  const name = operation ? parseRequestName(operation.request) : data;
  const money = (amount: number): string => moneyText(amount, data.currency);
  const { timeZone } = settings;
  const local = (time: string): string => localTime(time, timeZone).slice(0, -' +08:00'.length);
  const kind = printed === 'sale' ? 'sale' : printed.kind;
  const isReversed = operation ? operation.isReversed : sale.reversed !== undefined;
  const reckoned = (): string => retrievalReference(Date.parse(time), timeZone, name.stan);
  const { operatorId, rrn = reckoned() } = effect ?? data;
  const some = (word: keyof typeof WORDS, value: string | undefined) =>
    value === undefined ? [] : ([[say(word), value]] as const);
  return {
    language,
    merchant: settings.name,
    title: isReversed ? `${say(kind)} (${say('reversed')})` : say(kind),
    groups: [
      [
        [say('merchantId'), data.merchantId],
        [say('terminalId'), name.terminalId],
        ...some('operator', operatorId),
      ],
      [
        [say('card'), `**** **** **** ${data.card.last4}`],
        ...some('scheme', data.card.scheme),
        [say('batch'), name.batchNo],
        [say('stan'), name.stan],
        [say('reference'), rrn],
        ...(operation ? [] : some('authCode', data.authCode)),
        [say('time'), local(time)],
      ],
      [
        [say('amount'), money(operation?.amount ?? data.amount)],
        ...(operation
          ? ([
              [say('original'), data.rrn],
              [say('saleAmount'), money(data.amount)],
            ] as const)
          : []),
        [say('remains'), money(remaining(then?.sale ?? sale))],
        ...some('voidUntil', voidUntil === undefined ? undefined : local(timeText(voidUntil))),
      ],
    ],
    footer: say('footer'),
  };
}
