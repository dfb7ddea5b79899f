import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { actorOf, By, type Caller } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import type { Position } from '../event-store/event-store.js';
import { body, parameters } from '../http/checked.pipe.js';
import { exactly } from '../http/json.js';
import { negotiated } from '../http/negotiated.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { DEFAULT_LIMIT } from '../http/paging.js';
import { answer, rejected } from '../http/problem.js';
import { PAYOUT_CURSOR } from '../projections/payouts.view.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';
import { booksRefusals } from './domain/books-refusals.js';
import { PayoutsCommandHandler, type RecordedPayout } from './payouts.command-handler.js';
import {
  PayoutAnswer,
  PayoutFileQuery,
  PayoutPaidBody,
  PayoutPath,
  PayoutReturnedBody,
  PayoutRunAnswer,
  PayoutRunBody,
  PayoutsAnswer,
  PayoutsListQuery,
} from './payouts.dto.js';
import { PayoutFiles } from './payout-files.js';
import { renderPayout, renderRow } from './payouts.render.js';

@Controller('v1')
export class PayoutsController {
  constructor(
    private readonly handler: PayoutsCommandHandler,
    private readonly files: PayoutFiles,
    private readonly views: Views,
  ) {}

  @Post('payouts/run')
  @Operation('runPayouts', 'Pay every merchant what is due on a date')
  @MayCall(['operator'])
  @HttpCode(200)
  @Takes(PayoutRunBody)
  @Answers(200, PayoutRunAnswer)
  @Problems(503)
  async run(
    @Body(body(PayoutRunBody)) { date }: PayoutRunBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { held, position } = await this.handler.run(date, actorOf(caller));
    const payouts = this.views.payouts.ofDate(date).map(renderRow);
    return exactly(reply, { date, payouts, held, responseCode: '00', position });
  }

  @Get('payouts')
  @Operation('listPayouts', 'Payouts by date, in pages')
  @MayCall(['merchant', 'operator', 'auditor'], 'query')
  @Answers(200, PayoutsAnswer)
  @Problems(503)
  async list(
    @Query(parameters(PayoutsListQuery)) query: PayoutsListQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { after, limit = DEFAULT_LIMIT, ...filters } = query;
    const cursor = await waitOrCursor(this.views, 'books', after, PAYOUT_CURSOR);
    const page = this.views.payouts.list({ ...filters, after: cursor, limit });
    return exactly(reply, { ...page, payouts: page.payouts.map(renderRow) });
  }

  /** For the bank: ISO 20022 unless CSV is asked for. Payouts that were paid or came back are not in it. */
  @Get('payout-file')
  @Operation('getPayoutFile', 'The payouts of a date that are to be paid, as a bank reads them')
  @MayCall(['operator', 'auditor'])
  @ApiProduces('application/xml', 'text/csv')
  @ApiResponse({
    status: 200,
    description: 'pain.001.001.09, or CSV by Accept',
    content: {
      'application/xml': { schema: { type: 'string' } },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  @Problems(404, 409, 503)
  async file(
    @Query(parameters(PayoutFileQuery)) { date, after }: PayoutFileQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (after !== undefined) await this.views.waitFor(after as Position, ['books']);
    const kind = negotiated(reply, ['application/xml', 'text/csv']);
    const file = await this.files.file(date, kind === 'text/csv' ? 'csv' : 'xml');
    if ('refusal' in file) return rejected(reply, notRecorded(file.refusal));
    void reply.type(kind === 'text/csv' ? 'text/csv; charset=utf-8' : kind);
    return file.text;
  }

  @Get('payouts/:payoutId')
  @Operation('getPayout', 'A payout as it is now')
  @MayCall(['merchant', 'operator', 'auditor'])
  @Answers(200, PayoutAnswer)
  @Problems(404)
  async payout(
    @Param(parameters(PayoutPath)) { payoutId }: PayoutPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const recorded = await this.handler.payout(payoutId);
    if (recorded) return exactly(reply, renderPayout(recorded));
    return rejected(reply, notRecorded(booksRefusals.unknownPayout()));
  }

  @Post('payouts/:payoutId/paid')
  @Operation('payoutPaid', 'The bank has paid it')
  @MayCall(['operator'])
  @HttpCode(200)
  @Takes(PayoutPaidBody)
  @Answers(200, PayoutAnswer, ['Idempotency-Replayed'])
  @Problems(404, 409, 503)
  async paid(
    @Param(parameters(PayoutPath)) { payoutId }: PayoutPath,
    @Body(body(PayoutPaidBody)) { bankReference }: PayoutPaidBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return show(reply, await this.handler.paid(payoutId, bankReference, actorOf(caller)));
  }

  @Post('payouts/:payoutId/returned')
  @Operation('payoutReturned', 'The money came back')
  @MayCall(['operator'])
  @HttpCode(200)
  @Takes(PayoutReturnedBody)
  @Answers(200, PayoutAnswer, ['Idempotency-Replayed'])
  @Problems(404, 409, 503)
  async returned(
    @Param(parameters(PayoutPath)) { payoutId }: PayoutPath,
    @Body(body(PayoutReturnedBody)) { reason }: PayoutReturnedBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return show(reply, await this.handler.returned(payoutId, reason, actorOf(caller)));
  }
}

function show(reply: FastifyReply, outcome: Outcome<RecordedPayout>) {
  return answer(reply, outcome, 200, (recorded) => exactly(reply, renderPayout(recorded)));
}
