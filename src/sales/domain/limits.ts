import { moneyText } from '../../ledger/domain/decimal.js';
import { type AppliedLimits, type LimitScope, NO_SUM } from '../../merchants/domain/limits.js';
import type { CardType, Counted } from '../../merchants/domain/merchant.events.js';
import type { Condition, Known, Question, Verdict } from './condition.js';
import { say, type Refusal, type Sentence } from './refusal.js';
import { free } from './sale.js';

/** What is held against limits. */
export interface Counting {
  readonly kind: Counted;
  readonly amount: number;
  readonly currency: string;
  readonly cardType?: CardType | undefined;
}

const PLACES: Readonly<Record<LimitScope, Sentence>> = {
  merchant: { en: 'at the merchant', zh: '商户' },
  store: { en: 'at the store', zh: '网点' },
  terminal: { en: 'at the terminal', zh: '终端' },
  card: { en: 'with one card', zh: '单卡' },
};

const KINDS: Readonly<Record<Counted, Sentence>> = {
  sale: { en: 'sale', zh: '消费' },
  void: { en: 'void', zh: '撤销' },
  refund: { en: 'refund', zh: '退货' },
};

/** The first limit that is passed; undefined when none is [S1]. */
function passed(applied: readonly AppliedLimits[], asked: Counting): Verdict | undefined {
  for (const limit of applied) {
    const verdict = notAllowed(limit, asked) ?? tooMuch(limit, asked);
    if (verdict) return verdict;
  }
  return undefined;
}

function notAllowed({ scope, limits }: AppliedLimits, asked: Counting): Verdict | undefined {
  const [place, kind] = [PLACES[scope], KINDS[asked.kind]];
  if (limits.transactionTypes && !limits.transactionTypes.includes(asked.kind)) {
    return unmet(`No ${kind.en} is allowed ${place.en}.`, `${place.zh}不允许${kind.zh}。`);
  }
  const { cardType } = asked;
  const isOther = !cardType || !limits.cardTypes?.includes(cardType);
  if (asked.kind === 'sale' && limits.cardTypes && isOther) {
    return unmet(
      `Cards of type ${cardType ?? 'unknown'} are not taken ${place.en}.`,
      `${place.zh}不受理该卡种。`,
    );
  }
  return undefined;
}

function tooMuch({ scope, limits, used }: AppliedLimits, asked: Counting): Verdict | undefined {
  const [place, kind] = [PLACES[scope], KINDS[asked.kind]];
  const single = limits.single?.[asked.kind];
  if (single !== undefined && asked.amount > single) {
    const most = moneyText(single, asked.currency);
    return unmet(
      `A ${kind.en} may be ${most} at the most ${place.en}.`,
      `${place.zh}单笔${kind.zh}限额 ${most}。`,
    );
  }
  const daily = limits.daily?.[asked.kind];
  if (daily?.amount !== undefined && used.amount + BigInt(asked.amount) > BigInt(daily.amount)) {
    const most = moneyText(daily.amount, asked.currency);
    const gone = moneyText(used.amount, asked.currency);
    return unmet(
      `${gone} of the day’s ${most} for ${kind.en}s ${place.en} is used.`,
      `${place.zh}当日${kind.zh}限额 ${most}，已用 ${gone}。`,
    );
  }
  if (daily?.count !== undefined && used.count + 1 > daily.count) {
    return unmet(
      `No more than ${daily.count} ${kind.en}${daily.count === 1 ? '' : 's'} a day may be made ${place.en}.`,
      `${place.zh}当日${kind.zh}笔数上限 ${daily.count} 笔，已满。`,
      '65',
    );
  }
  return undefined;
}

function unmet(en: string, zh: string, responseCode = '61'): Verdict {
  return { met: false, responseCode, detail: say(en, zh) };
}

/** Whether a limit is passed only if all that is on its way counts, and counts once: that will be known soon. */
export function isPassedForNow(applied: readonly AppliedLimits[], asked: Counting): boolean {
  if (!passed(applied, asked)) return false;
  return !passed(applied.map(withoutOnItsWay), asked);
}

function withoutOnItsWay({ used, onItsWay, ...limits }: AppliedLimits): AppliedLimits {
  const known = { count: used.count - onItsWay.count, amount: used.amount - onItsWay.amount };
  return { ...limits, used: known, onItsWay: NO_SUM };
}

/** The most that limits leave for one request of the kind, where they leave anything. */
export function roomFor(kind: Counted, applied: readonly AppliedLimits[]): number {
  return applied.reduce((room, limit) => {
    const daily = limit.limits.daily?.[kind]?.amount;
    const left = daily === undefined ? Infinity : Number(BigInt(daily) - limit.used.amount);
    return Math.min(room, limit.limits.single?.[kind] ?? Infinity, left);
  }, Infinity);
}

const OF_LIMITS = { code: 'within-limits', cause: 'limit', responseCode: '61' } as const;

/** Why a sale is above a limit; undefined when it is not. */
export function saleAboveLimit(
  applied: readonly AppliedLimits[],
  asked: Omit<Counting, 'kind'>,
): Refusal | undefined {
  const verdict = passed(applied, { kind: 'sale', ...asked });
  if (!verdict) return undefined;
  const { detail, responseCode = OF_LIMITS.responseCode } = verdict;
  return { ...OF_LIMITS, responseCode, detail, nextStep: 'contact-acquirer' };
}

/** Whether so it is for a void, or for a refund, that is asked about. */
export function isAboveForNow(question: Question): boolean {
  const { sale, merchant, limits } = question;
  if (!sale || !merchant || !limits) return false;
  return (['void', 'refund'] as const).some((kind) =>
    isPassedForNow(limits[kind], givingBack(kind, { ...question, sale, merchant })),
  );
}

/** The condition of a void or refund. */
export function withinLimits(kind: 'void' | 'refund'): Condition {
  return {
    ...OF_LIMITS,
    for: kind,
    from: 'S1',
    holdsWhen: `a ${kind} is allowed at all, single and daily amounts (61) and the daily count (65) are kept: of the merchant, the store, the terminal and the card`,
    nextStep: kind === 'void' ? 'none' : 'contact-acquirer',
    judge: (question) => {
      const applied = question.limits?.[kind] ?? [];
      const verdict = passed(applied, givingBack(kind, question));
      return verdict ?? { met: true, detail: say('No limit is passed.', '未超过限额。') };
    },
  };
}

/** Asked about no amount in particular it is about the least that is possible. */
function givingBack(kind: 'void' | 'refund', { sale, merchant, amount }: Known): Counting {
  const isWhole = kind === 'void' && !merchant.settings.voidPolicy.partial;
  const least = isWhole ? free(sale) : 1;
  return { kind, amount: amount ?? least, currency: sale.data.currency };
}
