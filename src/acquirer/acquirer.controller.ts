import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { actorOf, By, type Caller } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { body, parameters } from '../http/checked.pipe.js';
import { exactly } from '../http/json.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { DEFAULT_LIMIT } from '../http/paging.js';
import { answer, malformed, problems, sendProblem } from '../http/problem.js';
import { refuseBackwards, refuseBeyondClock } from '../http/span.js';
import {
  batchOfClaim,
  type ClaimRow,
  MATCH_CURSOR,
  PAYMENTS_CURSOR,
} from '../projections/settlements.view.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';
import { AcquirerCommandHandler, type RecordedPayment } from './acquirer.command-handler.js';
import {
  AcquirerPaymentAnswer,
  AcquirerPaymentBody,
  AcquirerPaymentPath,
  AcquirerPaymentsAnswer,
  AcquirerPaymentsQuery,
  type AcquirerLineDto,
  MatchedSettlementsAnswer,
  MatchedSettlementsQuery,
} from './acquirer.dto.js';
import type { AcquirerLine } from './domain/acquirer.events.js';

/** What the acquirer pays, and how it matches what it owes. */
@Controller('v1/acquirer')
export class AcquirerController {
  constructor(
    private readonly acquirer: AcquirerCommandHandler,
    private readonly views: Views,
  ) {}

  @Post('payments')
  @Operation('recordAcquirerPayment', 'Record what the acquirer paid')
  @MayCall(['operator'])
  @Takes(AcquirerPaymentBody)
  @Answers(201, AcquirerPaymentAnswer, ['Idempotency-Replayed'])
  @Problems(404, 409, 503)
  async record(
    @Body(body(AcquirerPaymentBody)) { lines, ...payment }: AcquirerPaymentBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    // Books with other dates can't be read by those who read them in other formats.
    refuseBeyondClock('receivedOn', Date.parse(payment.receivedOn));
    const sent = { ...payment, lines: lines.map(lineOf) };
    const outcome = await this.acquirer.record(sent, actorOf(caller));
    return answer(reply, outcome, 201, (recorded) => exactly(reply, render(recorded)));
  }

  @Get('payments')
  @Operation('listAcquirerPayments', 'Payments of the acquirer, by the date of their arrival')
  @MayCall(['operator', 'auditor'])
  @Answers(200, AcquirerPaymentsAnswer)
  @Problems(503)
  async payments(
    @Query(parameters(AcquirerPaymentsQuery)) query: AcquirerPaymentsQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { after, limit = DEFAULT_LIMIT, ...dates } = query;
    refuseBackwards(dates.from, dates.to);
    const cursor = await waitOrCursor(this.views, 'settlements', after, PAYMENTS_CURSOR);
    const page = this.views.settlements.paid({ ...dates, after: cursor, limit });
    const payments = page.payments.map(({ reference, amount, schemeCost, ...payment }) => ({
      ...payment,
      ...(reference !== null && { reference }),
      amount: BigInt(amount),
      schemeCost: BigInt(schemeCost),
    }));
    return exactly(reply, { ...page, payments });
  }

  @Get('payments/:paymentId')
  @Operation('getAcquirerPayment', 'A payment of the acquirer')
  @MayCall(['operator', 'auditor'])
  @Answers(200, AcquirerPaymentAnswer)
  @Problems(404)
  async payment(
    @Param(parameters(AcquirerPaymentPath)) { paymentId }: AcquirerPaymentPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const recorded = await this.acquirer.payment(paymentId);
    if (recorded) return exactly(reply, render(recorded));
    const message = { en: 'There is no such payment.', zh: '收单付款不存在。' };
    return sendProblem(reply, problems.unknown(message));
  }

  @Get('settlements')
  @Operation('getAcquirerSettlements', 'What the acquirer owes for each date, against what it paid')
  @MayCall(['operator', 'auditor'])
  @Answers(200, MatchedSettlementsAnswer)
  @Problems(503)
  async settlements(
    @Query(parameters(MatchedSettlementsQuery)) query: MatchedSettlementsQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { after, limit = DEFAULT_LIMIT, ...filters } = query;
    refuseBackwards(filters.from, filters.to);
    const cursor = await waitOrCursor(this.views, 'settlements', after, MATCH_CURSOR);
    const view = this.views.settlements;
    const page = view.matching({ ...filters, after: cursor, limit });
    const settlements = page.settlements.map((matched) => {
      const { merchantId, currency, businessDate, status } = matched;
      const { expected, received, schemeCost, difference } = matched;
      return {
        ...{ merchantId, currency, businessDate, status },
        ...{ expected, received, schemeCost, difference },
        claims: view.claimsOf(matched).map(renderClaim),
      };
    });
    return exactly(reply, { ...page, settlements });
  }
}

/** @throws ProblemError for a line that names half a batch */
function lineOf(line: AcquirerLineDto, index: number): AcquirerLine {
  const { terminalId, batchNo, merchantId, businessDate, amount, schemeCost = 0 } = line;
  if ((terminalId === undefined) !== (batchNo === undefined)) {
    const message = 'names a batch only together with both terminalId and batchNo';
    throw malformed(`lines.${index}`, message);
  }
  return {
    ...{ merchantId, businessDate, amount: String(amount), schemeCost: String(schemeCost) },
    ...(terminalId !== undefined && { terminalId }),
    ...(batchNo !== undefined && { batchNo }),
  };
}

function render({ payment, position }: RecordedPayment): object {
  const lines = payment.lines.map(({ amount, schemeCost, ...line }) => ({
    ...line,
    amount: BigInt(amount),
    schemeCost: BigInt(schemeCost),
  }));
  const sum = (field: 'amount' | 'schemeCost'): bigint =>
    lines.reduce((total, line) => total + line[field], 0n);
  const totals = { amount: sum('amount'), schemeCost: sum('schemeCost') };
  return { ...payment, lines, ...totals, responseCode: '00', position };
}

function renderClaim(claim: ClaimRow): object {
  const { expected, received, schemeCost, isClosed } = claim;
  const difference = expected - received - schemeCost;
  return {
    ...batchOfClaim(claim),
    ...{ expected, received, schemeCost, difference },
    isClosed: isClosed === 1n,
  };
}
