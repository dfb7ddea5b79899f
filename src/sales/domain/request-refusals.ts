import { localTime } from '../../merchants/domain/local-time.js';
import { say, type Refusal, type Sentence } from './refusal.js';
import { type Approval, moneyOf, type Sale } from './sale.js';
import type { Effect } from './sale.events.js';

/** Refusals of a request as such: its terminal, its name, its batch. Each once, so that all routes say the same. */
export const requestRefusals = {
  unknownMerchant: (): Refusal => ({
    code: 'unknown-merchant',
    responseCode: '03',
    cause: 'operator',
    detail: say('There is no such merchant.', '商户不存在。'),
    nextStep: 'contact-acquirer',
  }),

  unknownTerminal: (): Refusal => ({
    code: 'unknown-terminal',
    responseCode: '97',
    cause: 'operator',
    detail: say('The merchant has no such terminal.', '商户下无此终端。'),
    nextStep: 'contact-acquirer',
  }),

  nameUsed: (fields: readonly string[]): Refusal => ({
    code: 'request-name-used',
    responseCode: '94',
    cause: 'operator',
    detail: say(
      `This batch number and STAN were used for another request; different: ${fields.join(', ')}.`,
      `该批次号与流水号已用于其他交易，不同字段：${fields.join('、')}。`,
    ),
    nextStep: 'none',
    fields,
  }),

  /** Of what has a name of its own, beside any terminal's. */
  idUsed: (fields: readonly string[]): Refusal => ({
    code: 'request-name-used',
    responseCode: '94',
    cause: 'operator',
    detail: say(
      `This was sent before with other content; different: ${fields.join(', ')}.`,
      `该编号已提交过不同内容，不同字段：${fields.join('、')}。`,
    ),
    nextStep: 'none',
    fields,
  }),

  reversed: (): Refusal => ({
    code: 'reversed',
    responseCode: '12',
    cause: 'timing',
    detail: say(
      'This request was undone by a time-out reversal; make a new one.',
      '该交易已被冲正，请重新发起交易。',
    ),
    nextStep: 'none',
  }),

  conflict: (): Refusal => ({
    code: 'conflict',
    responseCode: '09',
    cause: 'timing',
    detail: say(
      'Other requests keep changing the same sale; send this one again.',
      '原交易正被其他请求修改，请重发。',
    ),
    nextStep: 'retry',
  }),

  revision: (): Refusal => ({
    code: 'revision',
    responseCode: '12',
    cause: 'timing',
    detail: say(
      'The sale has changed since the revision named in If-Match.',
      '原消费在所引用的版本之后已变更。',
    ),
    nextStep: 'retry',
  }),

  currency: (expected: string): Refusal => ({
    code: 'currency',
    responseCode: '13',
    cause: 'operator',
    detail: say(`The terminal sells in ${expected}.`, `该终端的交易币种为 ${expected}。`),
    nextStep: 'none',
  }),

  batchDate: (batchNo: string, businessDate: string): Refusal => ({
    code: 'batch-date',
    responseCode: '77',
    cause: 'timing',
    detail: say(
      `Batch ${batchNo} is of business date ${businessDate}; use a new batch number.`,
      `批次 ${batchNo} 属于结算日 ${businessDate}，请使用新批次号。`,
    ),
    nextStep: 'retry',
  }),

  batchCurrency: (batchNo: string, currency: string): Refusal => ({
    code: 'batch-currency',
    responseCode: '77',
    cause: 'operator',
    detail: say(
      `Batch ${batchNo} is in ${currency}; use another batch number.`,
      `批次 ${batchNo} 的币种为 ${currency}，请使用其他批次号。`,
    ),
    nextStep: 'retry',
  }),

  batchClosing: (batchNo: string): Refusal => ({
    code: 'batch-closing',
    responseCode: '90',
    cause: 'timing',
    detail: say(
      `Batch ${batchNo} is being closed; use a new batch number.`,
      `批次 ${batchNo} 正在结算，请使用新批次号。`,
    ),
    nextStep: 'wait',
  }),

  closeSettles: (batchNo: string): Refusal => ({
    code: 'batch-closing',
    responseCode: '90',
    cause: 'timing',
    detail: say(
      `Batch ${batchNo} is being closed, and the sale settles with it; ask again in a moment.`,
      `批次 ${batchNo} 正在结算，该笔消费将随批次结算，请稍后再试。`,
    ),
    nextStep: 'wait',
  }),

  batchClosed: (batchNo: string): Refusal => ({
    code: 'batch-closed',
    responseCode: '77',
    cause: 'timing',
    detail: say(
      `Batch ${batchNo} is closed; use a new batch number.`,
      `批次 ${batchNo} 已结算，请使用新批次号。`,
    ),
    nextStep: 'retry',
  }),
} as const;

/** Refusals of time-out reversals. */
export const timeoutReversalRefusals = {
  /** `effect`: of the void or refund that was to be undone; undefined where that was the sale itself. */
  settledSince: (sale: Sale, timeZone: string, effect?: Effect): Refusal => ({
    code: 'settled-since',
    responseCode: '12',
    cause: 'timing',
    detail: sale.settlement
      ? settledSentence(sale, localTime(sale.settlement.occurredAt, timeZone), effect)
      : say(
          `${moneyOf(sale, sale.refunded)} of the sale was refunded since: what is left can only be refunded.`,
          `原消费已退货 ${moneyOf(sale, sale.refunded)}，剩余金额只能退货。`,
        ),
    nextStep: 'refund',
  }),

  refundCleared: (batchNo: string): Refusal => ({
    code: 'refund-cleared',
    responseCode: '12',
    cause: 'timing',
    detail: say(
      `The refund was cleared with batch ${batchNo}: the money is on its way to the cardholder.`,
      `退货已随批次 ${batchNo} 清算，款项正退回持卡人。`,
    ),
    nextStep: 'contact-acquirer',
  }),

  /** A time-out reversal is repeated until it is answered; there is nothing to undo of it. */
  notReversible: (): Refusal => ({
    code: 'not-reversible',
    responseCode: '12',
    cause: 'operator',
    detail: say(
      'A time-out reversal can not be reversed: send it again to learn its outcome.',
      '冲正交易不可再冲正，请重发以查询结果。',
    ),
    nextStep: 'retry',
  }),
} as const;

/** A void or refund that can't be undone stands: who reads only that the sale is to be refunded gives the money back twice. */
function settledSentence(sale: Sale, when: string, effect: Effect | undefined): Sentence {
  if (!effect) {
    return say(
      `The sale settled at ${when}: it can only be refunded.`,
      `原消费已于 ${when} 结算，只能退货。`,
    );
  }
  const [en, zh] = effect.type === 'Void' ? ['void', '撤销'] : ['refund', '退货'];
  const amount = moneyOf(sale, effect.data.amount);
  return say(
    `The ${en} of ${amount} stands, as the sale settled at ${when}: what is left can only be refunded.`,
    `原消费已于 ${when} 结算，${zh} ${amount} 仍有效，剩余金额只能退货。`,
  );
}

/** Refusals for what was not brought along to the counter; what lacks an approval waits for one. */
export const requirementRefusals = {
  supervisor: (): Refusal => ({
    code: 'supervisor',
    responseCode: '55',
    cause: 'right',
    detail: say(
      'Above the policy’s amount a supervisor’s password is needed.',
      '超过授权金额，需主管密码。',
    ),
    nextStep: 'call-supervisor',
  }),

  card: (): Refusal => ({
    code: 'card',
    responseCode: '14',
    cause: 'card',
    detail: say('The card of the sale must be presented.', '须出示原消费卡片。'),
    nextStep: 'retry',
  }),

  consent: (): Refusal => ({
    code: 'consent',
    responseCode: '12',
    cause: 'customer-information',
    detail: say('The customer must agree to the void.', '须持卡人同意撤销。'),
    nextStep: 'retry',
  }),
} as const;

/** Refusals of a supervisor who was named. */
export const supervisorRefusals = {
  wrong: (): Refusal => ({
    ...requirementRefusals.supervisor(),
    detail: say('The supervisor or the password is wrong.', '主管编号或密码错误。'),
  }),

  locked: (): Refusal => ({
    ...requirementRefusals.supervisor(),
    detail: say(
      'The supervisor is locked after too many wrong passwords.',
      '密码错误次数过多，该主管已锁定。',
    ),
    nextStep: 'contact-acquirer',
  }),
} as const;

const OF_APPROVALS = { responseCode: '57', cause: 'right' } as const;

/** Refusals of those who decide on approvals, and ends of the requests that waited for them. */
export const approvalRefusals = {
  unknown: (): Refusal => ({
    code: 'unknown-approval',
    responseCode: '25',
    cause: 'operator',
    detail: say('No such request waits for an approval.', '无此待审批交易。'),
    nextStep: 'none',
  }),

  decided: (status: Approval['status']): Refusal => ({
    code: 'approval-status',
    responseCode: '12',
    cause: 'operator',
    detail: say(`The request is ${status} already.`, `该交易${STATUS_ZH[status]}。`),
    nextStep: 'none',
  }),

  samePerson: (): Refusal => ({
    ...OF_APPROVALS,
    code: 'same-person',
    detail: say('Who asked can not decide: someone else has to.', '申请人不能审批，须由他人审批。'),
    nextStep: 'call-supervisor',
  }),

  declined: (reason: string): Refusal => ({
    ...OF_APPROVALS,
    code: 'approval-declined',
    detail: say(`The approval was declined: ${reason}`, `审批未通过：${reason}`),
    nextStep: 'contact-acquirer',
  }),

  /** `end`: until when it could wait, in words. */
  expired: (end: string): Refusal => ({
    code: 'approval-expired',
    responseCode: '57',
    cause: 'timing',
    detail: say(`No approval came until ${end}.`, `截至 ${end} 未获审批。`),
    nextStep: 'none',
  }),

  saleReversed: (): Refusal => ({
    code: 'sale-reversed',
    responseCode: '12',
    cause: 'timing',
    detail: say('The sale was undone by a time-out reversal.', '原消费已被冲正。'),
    nextStep: 'none',
  }),
} as const;

const STATUS_ZH: Readonly<Record<Approval['status'], string>> = {
  awaiting: '待审批',
  approved: '已批准',
  declined: '已拒绝',
  expired: '已过期',
  refused: '已不可执行',
  reversed: '已冲正',
};
