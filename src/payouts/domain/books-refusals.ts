import { say, type Refusal } from '../../sales/domain/refusal.js';
import type { PayoutStatus } from './payout.js';

const STATUS_ZH: Record<PayoutStatus, string> = {
  sent: '已发出',
  paid: '已到账',
  returned: '已退回',
};

/** Refusals of what is asked of the books themselves: payouts, chargebacks, write-offs, acquirer payments. */
export const booksRefusals = {
  unknownPayout: (): Refusal => ({
    code: 'unknown-payout',
    responseCode: '25',
    cause: 'operator',
    detail: say('There is no such payout.', '出款不存在。'),
    nextStep: 'none',
  }),

  /** Of a date that never had a payout, and of one whose payouts are paid or back. */
  nothingToPay: (): Refusal => ({
    ...booksRefusals.unknownPayout(),
    detail: say('The date has no payout that is still to be paid.', '该日期没有待付的出款。'),
  }),

  payerNotSet: (): Refusal => ({
    code: 'payer-not-set',
    responseCode: '96',
    cause: 'system',
    detail: say(
      'The file must say who pays: set PAYER_NAME and PAYER_ACCOUNT, or ask for CSV.',
      '付款文件须注明付款方，请设置 PAYER_NAME 和 PAYER_ACCOUNT，或改用 CSV。',
    ),
    nextStep: 'none',
  }),

  payoutStatus: (status: PayoutStatus): Refusal => ({
    code: 'payout-status',
    responseCode: '12',
    cause: 'operator',
    detail: say(`The payout is ${status} already.`, `出款${STATUS_ZH[status]}。`),
    nextStep: 'none',
  }),

  notSettled: (): Refusal => ({
    code: 'not-settled',
    responseCode: '12',
    cause: 'timing',
    detail: say('The sale can be charged back once it has settled.', '原消费结算后方可拒付。'),
    nextStep: 'wait',
  }),

  unknownChargeback: (): Refusal => ({
    code: 'unknown-chargeback',
    responseCode: '25',
    cause: 'operator',
    detail: say('The sale has no such chargeback.', '拒付不存在。'),
    nextStep: 'none',
  }),

  chargebackStatus: (status: string): Refusal => ({
    code: 'chargeback-status',
    responseCode: '12',
    cause: 'operator',
    detail: say(`The chargeback was ${status}.`, '拒付已有结果。'),
    nextStep: 'none',
  }),

  aboveRemaining: (left: string): Refusal => ({
    code: 'amount-allowed',
    responseCode: '61',
    cause: 'operator',
    detail: say(`Only ${left} of the sale is left.`, `原消费剩余金额 ${left}。`),
    nextStep: 'none',
  }),

  aboveReceivable: (owed: string): Refusal => ({
    code: 'above-receivable',
    responseCode: '61',
    cause: 'operator',
    detail: say(`The merchant owes ${owed}.`, `商户欠款 ${owed}。`),
    nextStep: 'none',
  }),
} as const;
