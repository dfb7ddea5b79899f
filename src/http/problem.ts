import type { FastifyReply } from 'fastify';
import type { NextStep, Refusal, RefusalCode, Sentence } from '../sales/domain/refusal.js';
import type { Done, Outcome, Rejected } from '../sales/sales.commands.js';

/** The HTTP status of each refusal: a new one does not compile without. */
const STATUS: Readonly<Record<RefusalCode, number>> = {
  'sale-approved': 404,
  'same-merchant': 404,
  'amount-remaining': 409,
  'not-refunded': 409,
  'funds-not-settled': 409,
  'same-business-date': 409,
  'day-open': 409,
  'within-window': 409,
  'void-right': 403,
  'card-usable': 409,
  'amount-allowed': 422,
  'not-voidable': 409,
  'refund-right': 403,
  'within-refund-window': 409,
  supervisor: 403,
  card: 422,
  consent: 422,
  approval: 403,
  currency: 422,
  'batch-date': 409,
  'batch-closing': 409,
  'batch-closed': 409,
  revision: 412,
  'unknown-merchant': 404,
  'unknown-terminal': 404,
  'request-name-used': 409,
  conflict: 409,
};

/** A problem document (RFC 9457) with what a terminal needs beside it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** The refusal's or the problem's stable name. */
  readonly code: string;
  /** ISO 8583 field 39. */
  readonly responseCode: string;
  /** The English sentence. */
  readonly detail: string;
  readonly message: Sentence;
  readonly nextStep: NextStep;
  /** Where the refusal stands in the log, if it was recorded. */
  readonly position?: string;
  /** Of a malformed request: what is wrong where. */
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  /** Of a used name: the fields that differ. */
  readonly fields?: readonly string[];
}

type ProblemParts = Omit<Problem, 'type' | 'title' | 'detail'>;

export function problem(parts: ProblemParts): Problem {
  const { code } = parts;
  return {
    type: `urn:tillbook:problem:${code}`,
    title: code.charAt(0).toUpperCase() + code.slice(1).replaceAll('-', ' '),
    ...parts,
    detail: parts.message.en,
  };
}

export function refusalProblem(refusal: Refusal, position?: string): Problem {
  const { code, responseCode, detail, nextStep, fields } = refusal;
  return problem({
    status: STATUS[code],
    code,
    responseCode,
    message: detail,
    nextStep,
    ...(position !== undefined && { position }),
    ...(fields && { fields }),
  });
}

export function sendProblem(reply: FastifyReply, problem: Problem): Problem {
  void reply.status(problem.status).type('application/problem+json; charset=utf-8');
  return problem;
}

/** The refusal as an answer, marked when it is the one given before. */
export function rejected(reply: FastifyReply, { refusal, position, replayed }: Rejected): Problem {
  if (replayed) void reply.header('Idempotency-Replayed', 'true');
  return sendProblem(reply, refusalProblem(refusal, position));
}

/** What a command came to, as an HTTP answer: `render` makes the body of what was done. */
export function answer<A, B>(
  reply: FastifyReply,
  outcome: Outcome<A>,
  status: number,
  render: (answer: A) => B,
): B | Problem {
  if ('refusal' in outcome) return rejected(reply, outcome);
  const { replayed, answer: done }: Done<A> = outcome;
  if (replayed) void reply.header('Idempotency-Replayed', 'true');
  void reply.status(status);
  return render(done);
}

/** Problems that no rule of the ledger makes. */
export const problems = {
  malformed: (
    errors: readonly {
      readonly field: string;
      readonly message: string;
      readonly isAmount: boolean;
    }[],
  ): Problem =>
    problem({
      status: 400,
      code: 'malformed',
      responseCode: errors.length > 0 && errors.every(({ isAmount }) => isAmount) ? '13' : '30',
      message: { en: 'The request is not well-formed.', zh: '请求格式错误。' },
      nextStep: 'none',
      errors: errors.map(({ field, message }) => ({ field, message })),
    }),

  unreadable: (status: number, en: string, zh: string): Problem =>
    problem({
      status,
      code: status === 413 ? 'too-large' : status === 415 ? 'media-type' : 'malformed',
      responseCode: '30',
      message: { en, zh },
      nextStep: 'none',
    }),

  noRoute: (): Problem =>
    problem({
      status: 404,
      code: 'no-such-route',
      responseCode: '30',
      message: { en: 'There is nothing at this address.', zh: '地址不存在。' },
      nextStep: 'none',
    }),

  unknown: (what: Sentence): Problem =>
    problem({
      status: 404,
      code: 'not-found',
      responseCode: '25',
      message: what,
      nextStep: 'none',
    }),

  storeAway: (isUnknown: boolean): Problem =>
    problem({
      status: 503,
      code: isUnknown ? 'outcome-unknown' : 'store-unavailable',
      responseCode: isUnknown ? '68' : '96',
      message: isUnknown
        ? {
            en: 'Whether the request took effect is not known yet; send it again.',
            zh: '交易结果未知，请重发。',
          }
        : {
            en: 'The ledger can not write now; nothing was done.',
            zh: '账本暂不可写，未作任何处理。',
          },
      nextStep: 'retry',
    }),

  viewBehind: (): Problem =>
    problem({
      status: 503,
      code: 'view-behind',
      responseCode: '09',
      message: { en: 'The view is still behind; ask again.', zh: '数据尚未同步，请稍后重试。' },
      nextStep: 'retry',
    }),

  fault: (): Problem =>
    problem({
      status: 500,
      code: 'fault',
      responseCode: '96',
      message: { en: 'The ledger has a fault; it was logged.', zh: '系统故障，已记录。' },
      nextStep: 'retry',
    }),
} as const;

/** A problem met on the way to a handler. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}
