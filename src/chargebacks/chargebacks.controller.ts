import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, By, type Caller } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { body, parameters, refuseBody } from '../http/checked.pipe.js';
import { etag } from '../http/if-match.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { DEFAULT_LIMIT } from '../http/paging.js';
import { answer } from '../http/problem.js';
import { POSITION_CURSOR } from '../projections/filtered-list.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';
import { SalePath } from '../sales/sales.dto.js';
import type { Outcome } from '../sales/sales.commands.js';
import {
  type RecordedChargeback,
  ChargebacksCommandHandler,
} from './chargebacks.command-handler.js';
import {
  ChargebackAnswer,
  ChargebackBody,
  ChargebackPath,
  ChargebacksAnswer,
  ChargebacksListQuery,
  ChargebackWonBody,
  renderListed,
} from './chargebacks.dto.js';

/** Money that a cardholder's bank takes back. */
@Controller('v1')
export class ChargebacksController {
  constructor(
    private readonly chargebacks: ChargebacksCommandHandler,
    private readonly views: Views,
  ) {}

  @Get('chargebacks')
  @Operation('listChargebacks', 'Chargebacks, and how they were decided')
  @MayCall(['merchant', 'operator', 'auditor'], 'query')
  @Answers(200, ChargebacksAnswer)
  @Problems(503)
  async list(@Query(parameters(ChargebacksListQuery)) query: ChargebacksListQuery) {
    const { after, limit = DEFAULT_LIMIT, ...filters } = query;
    const cursor = await waitOrCursor(this.views, 'chargebacks', after, POSITION_CURSOR);
    const page = this.views.chargebacks.list({ ...filters, after: cursor, limit });
    return { ...page, chargebacks: page.chargebacks.map(renderListed) };
  }

  @Post('sales/:saleId/chargebacks')
  @Operation('openChargeback', 'Money of a settled sale is taken back')
  @MayCall(['operator'])
  @Takes(ChargebackBody)
  @Answers(201, ChargebackAnswer, ['ETag', 'Idempotency-Replayed'])
  @Problems(404, 409, 422, 503)
  async open(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Body(body(ChargebackBody)) sent: ChargebackBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.chargebacks.open(saleId, sent, actorOf(caller));
    return show(reply, outcome, 201);
  }

  @Post('sales/:saleId/chargebacks/:chargebackId/won')
  @Operation('chargebackWon', 'The case is won: the money comes back')
  @MayCall(['operator'])
  @HttpCode(200)
  @Takes(ChargebackWonBody)
  @Answers(200, ChargebackAnswer, ['ETag', 'Idempotency-Replayed'])
  @Problems(404, 409, 503)
  async won(
    @Param(parameters(ChargebackPath)) { saleId, chargebackId }: ChargebackPath,
    @Body(body(ChargebackWonBody)) { returnFee = false }: ChargebackWonBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.chargebacks.won(saleId, chargebackId, returnFee, actorOf(caller));
    return show(reply, outcome, 200);
  }

  @Post('sales/:saleId/chargebacks/:chargebackId/lost')
  @Operation('chargebackLost', 'The case is lost for good')
  @MayCall(['operator'])
  @HttpCode(200)
  @Answers(200, ChargebackAnswer, ['ETag', 'Idempotency-Replayed'])
  @Problems(404, 409, 413, 415)
  async lost(
    @Param(parameters(ChargebackPath)) { saleId, chargebackId }: ChargebackPath,
    @Req() request: FastifyRequest,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    refuseBody(request.body);
    return show(reply, await this.chargebacks.lost(saleId, chargebackId, actorOf(caller)), 200);
  }
}

function show(reply: FastifyReply, outcome: Outcome<RecordedChargeback>, status: number) {
  return answer(reply, outcome, status, (chargeback) => {
    void reply.header('ETag', etag(chargeback.revision));
    return { ...chargeback, responseCode: '00' };
  });
}
