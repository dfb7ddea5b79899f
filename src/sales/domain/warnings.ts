import { say, type Sentence } from './refusal.js';
import type { Sale } from './sale.js';

/** What the cashier should look at twice. It stands on the event, and stops nothing. */
export interface Warning {
  readonly code: 'duplicate-swipe' | 'double-void' | 'double-refund';
  /** The request that it may repeat. */
  readonly of: string;
  readonly message: Sentence;
}

/** Two of one amount on one sale within so long may be one, sent twice under two numbers. */
const WITHIN_MS = 5 * 60_000;

/** The void or refund of the same amount that was made of the sale a moment ago. */
export function doubleOf(
  sale: Sale,
  kind: 'void' | 'refund',
  amount: number,
  now: number,
): string | undefined {
  return sale.operations.findLast(
    (done) =>
      done.kind === kind &&
      done.amount === amount &&
      !done.isReversed &&
      Math.abs(now - Date.parse(done.occurredAt)) < WITHIN_MS,
  )?.request;
}

export function swipeWarnings(of: string | undefined): readonly Warning[] | undefined {
  if (of === undefined) return undefined;
  const message = say(
    `The same card paid the same amount at this terminal minutes ago: ${of}.`,
    `该卡数分钟前在本终端有相同金额的消费：${of}。`,
  );
  return [{ code: 'duplicate-swipe', of, message }];
}

export function doubleWarnings(
  kind: 'void' | 'refund',
  of: string | undefined,
): readonly Warning[] | undefined {
  if (of === undefined) return undefined;
  const zh = kind === 'void' ? '撤销' : '退货';
  const message = say(
    `A ${kind} of the same amount was made of this sale minutes ago: ${of}.`,
    `该笔消费数分钟前已有相同金额的${zh}：${of}。`,
  );
  return [{ code: `double-${kind}`, of, message }];
}
