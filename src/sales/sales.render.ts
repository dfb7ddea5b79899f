import { timeText } from '../ledger/clock.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import type { SaleRow } from '../projections/sales.projection.js';
import { parseRequestName } from '../ledger/domain/request-name.js';
import type { SettledData } from './domain/sale.events.js';
import {
  type Approval,
  held,
  type Operation,
  remaining,
  shownChargeback,
  statusOf,
} from './domain/sale.js';
import type { Judged } from './domain/judge.js';
import type { Way } from './domain/voidability.js';
import type { RecordedSale } from './recorded-sale.js';
import type { RequestState } from './request.queries.js';
import type { VoidabilityAsOf } from './sale.queries.js';
import type { GivenBackAnswer } from './sales.commands.js';
import type {
  ListedSaleDto,
  OperationDto,
  RequestStateAnswer,
  ReversalAnswer,
  SaleAnswer,
  SaleApprovalDto,
  SettlementDto,
} from './sales.dto.js';
import type { EffectDto, VoidabilityAnswer } from './voidability.dto.js';

/** A sale as `GET /v1/sales/{saleId}` shows it. */
export function renderSale({ sale, position, events }: RecordedSale): SaleAnswer {
  const { businessDateEndsAt, card, ...data } = sale.data;
  return {
    ...data,
    card: { ...card },
    businessDateEndsAt,
    status: statusOf(sale),
    voided: sale.voided,
    refunded: sale.refunded,
    ...(sale.chargedBack > 0 && { chargedBack: sale.chargedBack }),
    ...(sale.chargebacks.length > 0 && {
      chargebacks: sale.chargebacks.map(shownChargeback),
    }),
    remaining: remaining(sale),
    ...(held(sale) > 0 && { held: held(sale) }),
    ...(sale.approvals.length > 0 && { approvals: sale.approvals.map(renderWaiting) }),
    ...(sale.reversed !== undefined && { reversed: sale.reversed }),
    ...(sale.settlement && { settlement: renderSettlement(sale.settlement) }),
    operations: sale.operations.map((done) => renderOperation(done, events[done.revision])),
    responseCode: '00',
    revision: sale.revision,
    position,
  };
}

/** `recorded`: the event that did it. */
function renderOperation(
  { kind, request, amount, revision, isReversed }: Operation,
  recorded: RecordedEvent | undefined,
): OperationDto {
  const event = recorded?.event;
  const rrn = event?.type === 'Void' || event?.type === 'Refund' ? event.data.rrn : undefined;
  return {
    kind,
    id: request,
    ...(rrn !== undefined && { rrn }),
    amount,
    isReversed,
    revision,
    occurredAt: event?.data.occurredAt ?? '',
    position: recorded?.position ?? '',
  };
}

function renderWaiting({ data, status }: Approval): SaleApprovalDto {
  const { kind, request: id, amount, expiresAt } = data;
  return { kind, id, amount, status, expiresAt };
}

function renderSettlement(settled: SettledData): SettlementDto {
  const { fee, reserve, net, valueDate, kind, occurredAt } = settled;
  return { fee, reserve, net, valueDate, kind, occurredAt };
}

/** A void or refund, under the name that its route gives it. */
export function renderGivenBack(answer: GivenBackAnswer): Omit<ReversalAnswer, 'kind'> {
  const { kind, request, warnings, ...done } = answer;
  const rest = { ...done, ...(warnings && { warnings: [...warnings] }) };
  return kind === 'void' ? { voidId: request, ...rest } : { refundId: request, ...rest };
}

export function renderVoidability(
  saleId: string,
  { answer, effect, asOf }: VoidabilityAsOf,
): VoidabilityAnswer {
  const { decision, requires, explanation } = answer;
  return {
    saleId,
    decision,
    void: renderWay(answer.void),
    refund: renderWay(answer.refund),
    conditions: answer.conditions.map(renderCondition),
    requires: [...requires],
    ...(effect && { effect: renderEffect(effect) }),
    explanation: { ...explanation },
    asOf,
    responseCode: '00',
  };
}

/** Fields named one by one: with a spread before more of them an object is slow to make. */
function renderEffect(effect: NonNullable<VoidabilityAsOf['effect']>): EffectDto {
  const { before, kind, amount, currency, change, fee } = effect;
  if (!before) return effect;
  const { pending, available, reserve } = change;
  const after = {
    pending: before.pending + pending,
    available: before.available + available,
    reserve: before.reserve + reserve,
  };
  return { kind, amount, currency, change, fee, before, after };
}

function renderWay({ allowed, maxAmount, until }: Way) {
  return { allowed, maxAmount, ...(until !== undefined && { until: timeText(until) }) };
}

function renderCondition({ condition, met, detail }: Judged) {
  return {
    code: condition.code,
    for: condition.for,
    met,
    detail: detail.en,
    message: { ...detail },
  };
}

/** An event as histories show it. */
export function renderEvent({ event, position, revision, recordedAt, by }: RecordedEvent) {
  const { occurredAt } = event.data;
  return { type: event.type, position, revision, occurredAt, recordedAt, by, data: event.data };
}

const STATE_CODES = {
  done: '00',
  refused: '12',
  reversed: '12',
  'never-arrived': '12',
  'in-progress': '09',
} as const;

/** `responseCode` is the one that the request itself would be answered with now. */
export function renderRequest(state: RequestState): RequestStateAnswer {
  const { kind, outcome, saleId, position, refusal, effect, reversal, waiting, taken } = state;
  const done = effect && renderGivenBack(effect);
  return {
    kind,
    outcome,
    ...(saleId !== undefined && { saleId }),
    position,
    responseCode: refusal?.responseCode ?? STATE_CODES[outcome],
    ...(refusal && {
      code: refusal.code,
      detail: refusal.detail.en,
      message: refusal.detail,
      nextStep: refusal.nextStep,
    }),
    ...(taken && { amount: taken.amount, currency: taken.currency, rrn: taken.rrn }),
    ...(done && { amount: done.amount, currency: done.currency }),
    ...(done?.rrn !== undefined && { rrn: done.rrn }),
    ...(done?.voidId !== undefined && { voidId: done.voidId }),
    ...(done?.refundId !== undefined && { refundId: done.refundId }),
    ...(reversal !== undefined && { reversal }),
    ...(waiting && { status: 'awaiting-approval', ...waiting }),
  };
}

/** A row of the list of sales. */
export function renderListed(row: SaleRow): ListedSaleDto {
  const { saleId, amount, voided, refunded, chargedBack, businessDate, endsAt, occurredAt } = row;
  const { terminalId, batchNo } = parseRequestName(saleId);
  return {
    saleId,
    status: row.status,
    amount,
    voided,
    refunded,
    ...(chargedBack > 0 && { chargedBack }),
    ...(row.held > 0 && { held: row.held }),
    remaining: row.reversed === null ? amount - voided - refunded - chargedBack : 0,
    currency: row.currency,
    businessDate,
    businessDateEndsAt: endsAt,
    terminalId,
    storeId: row.storeId,
    batchNo,
    rrn: row.rrn,
    card: {
      token: row.cardToken,
      last4: row.last4,
      ...(row.scheme !== null && { scheme: row.scheme }),
      ...(row.cardType !== null && { type: row.cardType }),
    },
    occurredAt,
    ...(row.reversed !== null && { reversed: row.reversed }),
    ...(row.settledAt !== null && { settlement: settlementOf(row, row.settledAt) }),
    revision: row.revision,
  };
}

function settlementOf(row: SaleRow, occurredAt: string): SettlementDto {
  return {
    fee: row.fee ?? 0,
    reserve: row.reserve ?? 0,
    net: row.net ?? 0,
    valueDate: row.valueDate ?? '',
    kind: row.settledBy ?? 'batch',
    occurredAt,
  };
}
