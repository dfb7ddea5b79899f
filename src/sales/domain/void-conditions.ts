import { localTime } from '../../merchants/domain/local-time.js';
import { say } from './refusal.js';
import { type Condition, minutes } from './condition.js';
import { withinLimits } from './limits.js';
import { moneyOf } from './sale.js';
import { amountRemaining, amountVerdict, saleApproved, sameMerchant } from './shared-conditions.js';

export const VOID_CONDITIONS: readonly Condition[] = [
  { ...saleApproved, for: 'void' },
  { ...sameMerchant, for: 'void' },
  { ...amountRemaining, for: 'void' },
  {
    code: 'not-refunded',
    for: 'void',
    from: 'trade',
    holdsWhen: 'no refund has been made',
    responseCode: '12',
    cause: 'operator',
    nextStep: 'refund',
    judge: ({ sale }) =>
      sale.refunded === 0
        ? { met: true, detail: say('No refund has been made.', '原消费未发生退货。') }
        : {
            met: false,
            detail: say(
              `${moneyOf(sale, sale.refunded)} has been refunded: what is left can only be refunded.`,
              `已退货 ${moneyOf(sale, sale.refunded)}，剩余金额只能退货。`,
            ),
          },
  },
  {
    code: 'funds-not-settled',
    for: 'void',
    from: 'S2 1.2',
    holdsWhen: 'the sale has not settled: its money is not yet the merchant’s',
    responseCode: '12',
    cause: 'timing',
    nextStep: 'refund',
    judge: ({ sale, merchant }) => {
      if (!sale.settlement) {
        return { met: true, detail: say('The sale has not settled.', '原消费尚未结算。') };
      }
      const when = localTime(sale.settlement.occurredAt, merchant.settings.timeZone);
      return {
        met: false,
        detail: say(`The sale settled at ${when}.`, `原消费已于 ${when} 结算。`),
      };
    },
  },
  {
    code: 'same-business-date',
    for: 'void',
    from: 'S2 1.3',
    holdsWhen: 'now is before the end of the sale’s business date',
    responseCode: '22',
    cause: 'timing',
    nextStep: 'refund',
    judge: ({ sale, merchant, now }) => {
      const { businessDate, businessDateEndsAt } = sale.data;
      const end = localTime(businessDateEndsAt, merchant.settings.timeZone);
      return now < Date.parse(businessDateEndsAt)
        ? {
            met: true,
            detail: say(
              `Business date ${businessDate} runs until ${end}.`,
              `结算日 ${businessDate} 于 ${end} 截止。`,
            ),
          }
        : {
            met: false,
            detail: say(
              `Business date ${businessDate} ended at ${end}.`,
              `结算日 ${businessDate} 已于 ${end} 截止。`,
            ),
          };
    },
  },
  {
    code: 'day-open',
    for: 'void',
    from: 'S2 1.3',
    holdsWhen: 'the sale’s batch is not closing or closed',
    responseCode: '12',
    cause: 'timing',
    nextStep: 'refund',
    judge: ({ sale, batch }) =>
      batch === 'open'
        ? {
            met: true,
            detail: say(`Batch ${sale.data.batchNo} is open.`, `批次 ${sale.data.batchNo} 未结。`),
          }
        : {
            met: false,
            detail: say(
              `Batch ${sale.data.batchNo} is ${batch}.`,
              `批次 ${sale.data.batchNo} ${batch === 'closing' ? '正在结算' : '已日结'}。`,
            ),
          },
  },
  {
    code: 'within-window',
    for: 'void',
    from: 'S3',
    holdsWhen: 'now is inside the merchant’s void window, where the policy sets one',
    responseCode: '22',
    cause: 'timing',
    nextStep: 'refund',
    judge: ({ sale, merchant, now }) => {
      const { windowMinutes } = merchant.settings.voidPolicy;
      if (windowMinutes === undefined)
        return { met: true, detail: say('The policy sets no void window.', '商户未设撤销时限。') };
      return now < Date.parse(sale.data.occurredAt) + minutes(windowMinutes)
        ? {
            met: true,
            detail: say(
              `Inside the ${windowMinutes}-minute void window.`,
              `在 ${windowMinutes} 分钟撤销时限内。`,
            ),
          }
        : {
            met: false,
            detail: say(
              `The ${windowMinutes}-minute void window has passed.`,
              `已超过 ${windowMinutes} 分钟撤销时限。`,
            ),
          };
    },
  },
  {
    code: 'void-right',
    for: 'void',
    from: 'S3',
    holdsWhen: 'the merchant’s void right is not frozen',
    responseCode: '57',
    cause: 'right',
    nextStep: 'contact-acquirer',
    judge: ({ merchant }) =>
      merchant.rights.void === 'active'
        ? { met: true, detail: say('The merchant may void.', '商户撤销权限正常。') }
        : {
            met: false,
            detail: say('The merchant’s void right is frozen.', '商户撤销权限已冻结。'),
          },
  },
  {
    code: 'card-usable',
    for: 'void',
    from: 'S3',
    holdsWhen: 'the card is not reported lost (41), frozen or cancelled (62)',
    responseCode: '62',
    cause: 'card',
    nextStep: 'refund',
    judge: ({ card }) => {
      switch (card) {
        case 'active':
          return { met: true, detail: say('The card is usable.', '卡片状态正常。') };
        case 'lost':
          return {
            met: false,
            responseCode: '41',
            detail: say('The card was reported lost.', '卡片已挂失。'),
          };
        case 'frozen':
          return { met: false, detail: say('The card is frozen.', '卡片已冻结。') };
        case 'cancelled':
          return { met: false, detail: say('The card is cancelled.', '卡片已注销。') };
      }
    },
  },
  {
    code: 'amount-allowed',
    for: 'void',
    from: 'S0, S2 3.3',
    holdsWhen:
      'not above what is left (61); a part only where policy allows parts (13); `originalAmount`, where sent, is the sale’s (64)',
    responseCode: '61',
    cause: 'operator',
    nextStep: 'none',
    judge: (question) =>
      amountVerdict(question, { allowsParts: question.merchant.settings.voidPolicy.partial }),
  },
  withinLimits('void'),
];
