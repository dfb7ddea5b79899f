import type { EventData } from '../../ledger/domain/ledger-event.js';
import { type RequestIdentity, requestName } from '../../ledger/domain/request-name.js';
import { businessDay } from '../../merchants/domain/business-day.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import { free, type Sale } from '../../sales/domain/sale.js';
import type { Answered, Effect, Review } from '../../sales/domain/sale.events.js';
import { type Finding, illegal, NO_MERCHANT, shown, wrong } from './judge.js';

type RequestTaken = EventData<'RequestTaken'>;
type Refused = EventData<'Refused'>;

/** Whether it waited for an approval before it took effect. */
export function isApproved(
  event: Answered,
): event is Effect & { data: { readonly approval: Review } } {
  return event.type !== 'ApprovalRequested' && event.data.approval !== undefined;
}

/**
 * What is wrong with a request as it was written down: its name, its own fields and what was sent say alike whose it is,
 * and its date is the merchant's. `merchants`: as whoever took it may have known its merchant.
 */
export function requestFinding(
  data: RequestTaken | Refused,
  merchants: readonly Merchant[],
): Finding | undefined {
  return named(data) ?? misquoted(data) ?? unassigned(data, merchants) ?? misdated(data, merchants);
}

/** That its request was taken for just this, and that nothing else came of it. `own`: what stands under its name. */
export function effectFinding(
  event: Answered,
  sale: Sale | undefined,
  own: readonly { readonly type: string; readonly data: object }[],
): Finding | undefined {
  const { request, asked, saleId } = event.data;
  const [first] = own;
  if (first?.type !== 'RequestTaken') return wrong(`request ${request} was never taken`);
  const taken = first.data as RequestTaken;
  if (taken.kind !== asked || taken.target !== saleId) {
    return wrong(`request ${request} was a ${taken.kind} of ${taken.target}`);
  }
  if (own.length > 1) return wrong(`request ${request} was refused already`);
  return sale && (ended(event, sale) ?? differs(event, taken, sale));
}

/** Whether something came of a request on its sale, be it to wait for an approval. */
export function hasCome(request: string, { operations, approvals }: Sale): boolean {
  return (
    operations.some((done) => done.request === request) ||
    approvals.some(({ data }) => data.request === request)
  );
}

function ended(event: Answered, sale: Sale): Finding | undefined {
  const { request } = event.data;
  if (sale.operations.some((done) => done.request === request)) {
    return wrong(`request ${request} has had its effect already`);
  }
  if (sale.undone.includes(request)) return wrong(`request ${request} was undone before`);
  const waited = sale.approvals.find(({ data }) => data.request === request);
  if (!waited || isApproved(event)) return undefined;
  const how =
    waited.status === 'awaiting' ? 'waits for an approval' : `is ${waited.status} already`;
  return wrong(`request ${request} ${how}`);
}

function differs(
  event: Answered,
  { content, ifMatch }: RequestTaken,
  sale: Sale,
): Finding | undefined {
  const { type, data } = event;
  const { request, amount } = data;
  if (ifMatch && !isApproved(event) && !ifMatch.includes(sale.revision)) {
    return wrong(`request ${request} was sent for revision ${ifMatch.join(' or ')}`);
  }
  const differing = differingFields(content, data, sale);
  if (differing.length > 0) {
    return wrong(`the ${type} differs from its request in ${differing.join(', ')}`);
  }
  const { originalAmount = sale.data.amount } = content;
  if (originalAmount !== sale.data.amount) {
    return wrong(`request ${request} was for a sale of ${shown(originalAmount)}`);
  }
  // What waited has the amount that was free when it was asked for, and it is held against that.
  if (content['amount'] !== undefined || isApproved(event) || amount === free(sale))
    return undefined;
  return wrong(`request ${request} was for all that was left, ${free(sale)}, not for ${amount}`);
}

/** What the terminal sent and the effect repeats. */
const REPEATED = ['amount', 'reason', 'evidenceRef', 'operatorId', 'consent'] as const;

function differingFields(
  content: RequestTaken['content'],
  data: Answered['data'],
  sale: Sale,
): string[] {
  const differing: string[] = REPEATED.filter((name) => {
    const isAll = name === 'amount' && content[name] === undefined;
    return !isAll && content[name] !== data[name];
  });
  const supervisor = content['supervisor'] as { readonly id?: unknown } | undefined;
  if (supervisor?.id !== data.supervisorId) differing.push('supervisorId');
  const card = content['card'] as { readonly token?: unknown } | undefined;
  const presented = data.cardPresented ? sale.data.card.token : undefined;
  if (card?.token !== presented) differing.push('cardPresented');
  return differing;
}

/** Whose request it is, its name and its own fields say alike. */
function named(data: RequestIdentity & { readonly request: string }): Finding | undefined {
  const own = requestName(data);
  return data.request === own ? undefined : illegal(`by its fields it is request ${own}`);
}

const IDENTITY = ['merchantId', 'terminalId', 'batchNo', 'stan'] as const;

function misquoted(data: RequestTaken | Refused): Finding | undefined {
  const { content } = data;
  const other = IDENTITY.find(
    (name) => content[name] !== undefined && content[name] !== data[name],
  );
  if (other) {
    return illegal(`what was sent names another ${other}, ${JSON.stringify(content[other])}`);
  }
  return data.kind === 'timeout-reversal' ? misdirected(data) : undefined;
}

function unassigned(
  { terminalId }: RequestTaken | Refused,
  merchants: readonly Merchant[],
): Finding | undefined {
  const isKnown = merchants.some(({ terminals }) => terminals.has(terminalId));
  return isKnown || merchants.length === 0
    ? undefined
    : illegal(`there was no terminal ${terminalId}`);
}

/** What a time-out reversal was sent for is what it is recorded to undo. */
function misdirected({ content, target, ...own }: RequestTaken | Refused): Finding | undefined {
  const original = content['original'] as Pick<RequestIdentity, 'batchNo' | 'stan'> | undefined;
  const named = original && requestName({ ...own, ...original });
  return named === target ? undefined : illegal(`what was sent was for ${String(named)}`);
}

/** Whether a fact is of a business date of its merchant, by what may have been known of that. */
export function misdated(
  { occurredAt, businessDate }: { readonly occurredAt: string; readonly businessDate: string },
  merchants: readonly Merchant[],
): Finding | undefined {
  const [latest] = merchants;
  if (!latest) return illegal(NO_MERCHANT);
  const now = Date.parse(occurredAt);
  const dateOf = ({ settings }: Merchant): string => businessDay(now, settings).date;
  if (merchants.some((merchant) => dateOf(merchant) === businessDate)) return undefined;
  return illegal(`it counts for ${businessDate}, and its merchant had ${dateOf(latest)}`);
}
