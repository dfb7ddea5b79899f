import type { NextStep, Refusal, Sentence } from '../sales/domain/refusal.js';
import type { Done, Outcome, Rejected } from '../sales/sales.commands.js';
import { REFUSAL_STATUSES } from './refusal-statuses.js';
import { NOT_READ, UNREADABLE } from './unreadable.js';

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

type ProblemParts = Omit<Problem, 'type' | 'detail'>;

function problem(parts: ProblemParts): Problem {
  const { title, status, code, responseCode, message, ...rest } = parts;
  const type = `urn:tillbook:problem:${code}`;
  return { type, title, status, detail: message.en, code, responseCode, message, ...rest };
}

/** A refusal by the rules as a problem document. `position`: where it stands in the log, if it was recorded */
export function refusalProblem(refusal: Refusal, position?: string): Problem {
  const { code, responseCode, detail, nextStep, fields } = refusal;
  const [status, title] = REFUSAL_STATUSES[code];
  return problem({
    title,
    status,
    code,
    responseCode,
    message: detail,
    nextStep,
    ...(position !== undefined && { position }),
    ...(fields && { fields }),
  });
}

/** What of an answer is said beside its body: Fastify's own, or one line's of a bulk. */
export interface Reply {
  status(code: number): this;
  header(name: string, value: string): this;
  /** Of a header that was given before. */
  getHeader(name: string): number | string | string[] | undefined;
  type(contentType: string): this;
  /** What came of it, for the metrics: `repeated`, the code of the problem, or null when it was done. */
  result: string | null;
}

declare module 'fastify' {
  interface FastifyReply {
    result: string | null;
  }
}

/** Gives the reply the problem's status, content type and result; gives back the problem, which is the body. */
export function sendProblem(reply: Reply, problem: Problem): Problem {
  reply.result = problem.code;
  void reply.status(problem.status).type('application/problem+json; charset=utf-8');
  return problem;
}

/** The refusal as an answer, marked when it is the one given before. */
export function rejected(reply: Reply, { refusal, position, replayed }: Rejected): Problem {
  const problem = sendProblem(reply, refusalProblem(refusal, position));
  if (replayed) markRepeated(reply);
  return problem;
}

function markRepeated(reply: Reply): void {
  void reply.header('Idempotency-Replayed', 'true');
  reply.result = 'repeated';
}

/** What a command came to, as an HTTP answer: `render` makes the body of what was done. */
export function answer<A, B>(
  reply: Reply,
  outcome: Outcome<A>,
  status: number,
  render: (answer: A) => B,
): B | Problem {
  if ('refusal' in outcome) return rejected(reply, outcome);
  const { replayed, answer: done }: Done<A> = outcome;
  if (replayed) markRepeated(reply);
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
      title: 'Malformed request',
      status: 400,
      code: 'malformed',
      responseCode: errors.length > 0 && errors.every(({ isAmount }) => isAmount) ? '13' : '30',
      message: { en: 'The request is not well-formed.', zh: '请求格式错误。' },
      nextStep: 'none',
      errors: errors.map(({ field, message }) => ({ field, message })),
    }),

  /** What the rules of HTTP itself refuse. */
  unreadable: (status: number): Problem =>
    problem({
      ...(UNREADABLE[status] ?? NOT_READ),
      status,
      responseCode: '30',
      nextStep: status === 408 ? 'retry' : 'none',
    }),

  unknown: (what: Sentence): Problem =>
    problem({
      title: 'Not found',
      status: 404,
      code: 'not-found',
      responseCode: '25',
      message: what,
      nextStep: 'none',
    }),

  unauthenticated: (): Problem =>
    problem({
      status: 401,
      code: 'unauthenticated',
      title: 'Unauthenticated',
      responseCode: '57',
      message: { en: 'A valid key is needed.', zh: '需要有效的密钥。' },
      nextStep: 'contact-acquirer',
    }),

  notAllowed: (): Problem =>
    problem({
      status: 403,
      code: 'not-allowed',
      title: 'Not allowed',
      responseCode: '57',
      message: { en: 'This key may not do that.', zh: '该密钥无此权限。' },
      nextStep: 'contact-acquirer',
    }),

  tooManyRequests: (waitSeconds: number): Problem =>
    problem({
      status: 429,
      code: 'too-many-requests',
      title: 'Too many requests',
      responseCode: '65',
      message: {
        en: `This key has sent too many requests; wait ${waitSeconds} s.`,
        zh: `该密钥请求过于频繁，请等待 ${waitSeconds} 秒。`,
      },
      nextStep: 'wait',
    }),

  tooManyRefused: (waitSeconds: number): Problem =>
    problem({
      status: 429,
      code: 'too-many-refused',
      title: 'Refused too often',
      responseCode: '65',
      message: {
        en: `Too many attempts were refused within a minute; wait ${waitSeconds} s.`,
        zh: `一分钟内被拒次数过多，请等待 ${waitSeconds} 秒。`,
      },
      nextStep: 'wait',
    }),

  tooManyLines: (limit: number): Problem =>
    problem({
      status: 413,
      code: 'too-large',
      title: 'Too many lines',
      responseCode: '30',
      message: { en: `No more than ${limit} lines are taken.`, zh: `最多 ${limit} 行。` },
      nextStep: 'none',
    }),

  tooManySigned: (mebibytes: number): Problem =>
    problem({
      title: 'Too many lines under one signature',
      status: 413,
      code: 'too-large',
      responseCode: '30',
      message: {
        en: `Signed lines may have ${mebibytes} MiB; split them into several requests.`,
        zh: `带签名的批量请求最大 ${mebibytes} MiB，请分批发送。`,
      },
      nextStep: 'none',
    }),

  storeAway: (isUnknown: boolean): Problem =>
    problem({
      title: isUnknown ? 'Outcome unknown' : 'The store is not available',
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
      title: 'The view is behind',
      status: 503,
      code: 'view-behind',
      responseCode: '09',
      message: { en: 'The view is still behind; ask again.', zh: '数据尚未同步，请稍后重试。' },
      nextStep: 'retry',
    }),

  viewStopped: (view: string): Problem =>
    problem({
      title: 'The view has stopped',
      status: 503,
      code: 'view-stopped',
      responseCode: '96',
      message: {
        en: `The view ${view} has stopped; an operator has to see to it.`,
        zh: `视图 ${view} 已停止更新，需由运维人员处理。`,
      },
      nextStep: 'contact-acquirer',
    }),

  viewDamaged: (view: string): Problem =>
    problem({
      title: 'The view is damaged',
      status: 503,
      code: 'view-damaged',
      responseCode: '96',
      message: {
        en: `The view ${view} is damaged; an operator has to rebuild it.`,
        zh: `视图 ${view} 已损坏，需由运维人员重建。`,
      },
      nextStep: 'contact-acquirer',
    }),

  rebuildRunning: ({ events, total }: { events: number; total: number }): Problem =>
    problem({
      status: 409,
      code: 'rebuild-running',
      title: 'Being rebuilt already',
      responseCode: '09',
      message: {
        en: `The view is being rebuilt already: ${events} of ${total} events.`,
        zh: `该视图正在重建：${events}/${total}。`,
      },
      nextStep: 'wait',
    }),

  /** `stop`: where it has stopped instead, if it has. */
  notStoppedThere: (stop: string | undefined): Problem =>
    problem({
      status: 409,
      code: 'not-stopped-there',
      title: 'Not stopped there',
      responseCode: '12',
      message:
        stop === undefined
          ? {
              en: 'The view has not stopped: it follows the log.',
              zh: '该视图并未停止，仍在跟随日志。',
            }
          : {
              en: `The view has stopped at ${stop}, not there.`,
              zh: `该视图停在 ${stop}，并非此位置。`,
            },
      nextStep: 'none',
    }),

  fault: (): Problem =>
    problem({
      title: 'Fault',
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
  constructor(
    readonly problem: Problem,
    readonly retryAfterSeconds?: number,
  ) {
    super(problem.code);
  }
}

/** One field of a request is not as it must be. */
export function malformedField(field: string, message: string): Problem {
  return problems.malformed([{ field, message, isAmount: false }]);
}

/** The same, to be thrown. */
export function malformed(field: string, message: string): ProblemError {
  return new ProblemError(malformedField(field, message));
}
