import {
  applyDecorators,
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, By, type Caller } from '../access/caller.js';
import type { Scope } from '../access/domain/key.js';
import { MayCall } from '../access/may-call.js';
import type { Position } from '../event-store/event-store.js';
import { body, parameters, refuseBody } from '../http/checked.pipe.js';
import { etag, isNamedIn, revisionsIn } from '../http/if-match.js';
import { exactly } from '../http/json.js';
import { Answers, headers, Operation, Problems, Takes } from '../http/open-api.js';
import { answer, type Problem, rejected } from '../http/problem.js';
import { refuseUnwritten } from '../http/span.js';
import { noSuchSale } from './domain/judge.js';
import { SaleQueries } from './sale.queries.js';
import {
  GiveBackBody,
  HistoryAnswer,
  RefundAnswer,
  ReversalAnswer,
  SaleAnswer,
  SaleBody,
  SalePath,
  SaleTakenAnswer,
  VoidAnswer,
} from './sales.dto.js';
import { VoidabilityAnswer, VoidabilityQuery } from './voidability.dto.js';
import { renderEvent, renderSale, renderVoidability } from './sales.render.js';
import { SettleCommandHandler } from './settle.command-handler.js';
import { refuseMalformed, TerminalRequests } from './terminal-requests.js';
import { notRecorded } from './sales.commands.js';

const IfMatch = (): MethodDecorator =>
  ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'The revision of the sale that is meant, as its ETag gives it',
  });

const IfNoneMatch = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'Revisions that the caller has, as their ETags gave them',
    }),
    ApiResponse({ status: 304, description: 'It is one of those', ...headers(['ETag']) }),
  );

const GIVEN_BACK = ['ETag', 'Location', 'Idempotency-Replayed'] as const;

/** Who acts in the name of a terminal. */
const AT_THE_COUNTER: readonly Scope[] = ['terminal', 'merchant', 'operator'];
const WHO_SEES_SALES: readonly Scope[] = ['terminal', 'merchant', 'operator', 'auditor'];

@Controller('v1/sales')
export class SalesController {
  constructor(
    private readonly requests: TerminalRequests,
    private readonly settlements: SettleCommandHandler,
    private readonly queries: SaleQueries,
  ) {}

  @Post()
  @Operation('takeSale', 'Take a sale')
  @MayCall(AT_THE_COUNTER, 'body')
  @Takes(SaleBody)
  @Answers(201, SaleTakenAnswer, ['ETag', 'Location', 'Idempotency-Replayed'])
  @Problems(404, 409, 422)
  take(
    @Body(body(SaleBody)) sale: SaleBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.requests.take(sale, caller, reply);
  }

  @Get(':saleId')
  @Operation('getSale', 'A sale as it is now')
  @MayCall(WHO_SEES_SALES)
  @IfNoneMatch()
  @Answers(200, SaleAnswer, ['ETag'])
  @Problems(404)
  async sale(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SaleAnswer | Problem | undefined> {
    const recorded = await this.queries.sale(saleId);
    if (!recorded) return rejected(reply, notRecorded(noSuchSale()));
    const { revision } = recorded.sale;
    void reply.header('ETag', etag(revision));
    if (!isNamedIn(ifNoneMatch, revision)) return renderSale(recorded);
    void reply.status(304);
    return undefined;
  }

  @Get(':saleId/voidability')
  @Operation('getVoidability', 'May the sale be voided, or must it be refunded? Every condition')
  @MayCall(WHO_SEES_SALES)
  @Answers(200, VoidabilityAnswer)
  @Problems(404, 503)
  async voidability(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Query(parameters(VoidabilityQuery)) query: VoidabilityQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    refuseMalformed(saleId);
    const { amount, merchantId, at } = query;
    const position = query.position as Position | undefined;
    if (position !== undefined) refuseUnwritten(position, await this.queries.head());
    const asked = {
      amount,
      requester: merchantId,
      at: at === undefined ? undefined : Date.parse(at),
      position,
    };
    return exactly(reply, renderVoidability(saleId, await this.queries.voidability(saleId, asked)));
  }

  @Get(':saleId/history')
  @Operation('getSaleHistory', 'The events of a sale')
  @MayCall(WHO_SEES_SALES)
  @Answers(200, HistoryAnswer)
  @Problems(404)
  async history(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const recorded = await this.queries.sale(saleId);
    if (!recorded) return rejected(reply, notRecorded(noSuchSale()));
    return { events: recorded.events.map(renderEvent), responseCode: '00' };
  }

  @Post(':saleId/voids')
  @Operation('voidSale', 'Void a sale, or a part of it')
  @MayCall(AT_THE_COUNTER, 'requester')
  @IfMatch()
  @Takes(GiveBackBody)
  @Answers(201, VoidAnswer, GIVEN_BACK)
  @Answers(202, VoidAnswer, GIVEN_BACK)
  @Problems(403, 404, 409, 412, 422)
  void(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Body(body(GiveBackBody)) sent: GiveBackBody,
    @Headers('if-match') ifMatch: string | undefined,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.requests.giveBack('void', saleId, { sent, ifMatch, caller }, reply);
  }

  @Post(':saleId/refunds')
  @Operation('refundSale', 'Refund a sale, or a part of it')
  @MayCall(AT_THE_COUNTER, 'requester')
  @IfMatch()
  @Takes(GiveBackBody)
  @Answers(201, RefundAnswer, GIVEN_BACK)
  @Answers(202, RefundAnswer, GIVEN_BACK)
  @Problems(403, 404, 409, 412, 422)
  refund(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Body(body(GiveBackBody)) sent: GiveBackBody,
    @Headers('if-match') ifMatch: string | undefined,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.requests.giveBack('refund', saleId, { sent, ifMatch, caller }, reply);
  }

  @Post(':saleId/reversals')
  @Operation('reverseSale', 'Void or refund a sale, whichever is possible')
  @MayCall(AT_THE_COUNTER, 'requester')
  @IfMatch()
  @Takes(GiveBackBody)
  @Answers(201, ReversalAnswer, GIVEN_BACK)
  @Answers(202, ReversalAnswer, GIVEN_BACK)
  @Problems(403, 404, 409, 412, 422)
  reverse(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Body(body(GiveBackBody)) sent: GiveBackBody,
    @Headers('if-match') ifMatch: string | undefined,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.requests.giveBack('reversal', saleId, { sent, ifMatch, caller }, reply);
  }

  @Post(':saleId/settle')
  @HttpCode(200)
  @Operation('settleSale', 'Settle a sale alone and at once')
  @MayCall(['operator'])
  @IfMatch()
  @Answers(200, SaleAnswer, ['ETag', 'Idempotency-Replayed'])
  @Problems(404, 409, 412, 413, 415)
  async settle(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Req() request: FastifyRequest,
    @Headers('if-match') ifMatch: string | undefined,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    refuseBody(request.body);
    const revisions = revisionsIn(ifMatch);
    const outcome = await this.settlements.settle(saleId, actorOf(caller), revisions);
    return answer(reply, outcome, 200, (recorded) => {
      void reply.header('ETag', etag(recorded.sale.revision));
      return renderSale(recorded);
    });
  }
}
