import type { Refusal } from '../../sales/domain/refusal.js';
import type { AppealStatus } from './appeal.events.js';

const ZH: Readonly<Record<AppealStatus, string>> = {
  open: '待复核',
  upheld: '已获支持',
  rejected: '已驳回',
};

export const appealRefusals = {
  unknown: (): Refusal => ({
    code: 'unknown-appeal',
    responseCode: '25',
    cause: 'operator',
    detail: { en: 'There is no such appeal.', zh: '申诉不存在。' },
    nextStep: 'none',
  }),

  notRefused: (): Refusal => ({
    code: 'nothing-refused',
    responseCode: '12',
    cause: 'operator',
    detail: {
      en: 'No void or refund of this name about this sale was refused.',
      zh: '该原消费没有以此交易号被拒绝的撤销或退货。',
    },
    nextStep: 'none',
  }),

  answered: (status: AppealStatus): Refusal => ({
    code: 'appeal-status',
    responseCode: '12',
    cause: 'operator',
    detail: { en: `The appeal is ${status} already.`, zh: `申诉${ZH[status]}。` },
    nextStep: 'none',
  }),
} as const;
