import {
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
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, By, type Caller, terminalActor } from '../access/caller.js';
import type { Scope } from '../access/domain/key.js';
import { MayCall } from '../access/may-call.js';
import type { Position } from '../event-store/event-store.js';
import { body, parameters, refuseBody } from '../http/checked.pipe.js';
import { etag, revisionsIn } from '../http/if-match.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { answer, type Problem, ProblemError, rejected, refusalProblem } from '../http/problem.js';
import type { JsonObject } from '../ledger/domain/json.js';
import { REQUEST_NAME } from '../ledger/domain/request-name.js';
import { noSuchSale } from './domain/judge.js';
import { GiveBackCommandHandler } from './give-back.command-handler.js';
import { SaleQueries } from './sale.queries.js';
import { SalesCommandHandler } from './sales.command-handler.js';
import type { Asked, GiveBack, GivenBackAnswer, TakeSale } from './sales.commands.js';
import {
  GiveBackBody,
  HistoryAnswer,
  RefundAnswer,
  ReversalAnswer,
  SaleAnswer,
  SaleBody,
  SalePath,
  SaleTakenAnswer,
  VoidabilityAnswerDto,
  VoidabilityQueryDto,
  VoidAnswer,
} from './sales.dto.js';
import { renderEvent, renderGivenBack, renderSale, renderVoidability } from './sales.render.js';
import { SettleCommandHandler } from './settle.command-handler.js';

const IfMatch = (): MethodDecorator =>
  ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'The revision of the sale that is meant, as its ETag gives it',
  });

const GIVEN_BACK = ['ETag', 'Location', 'Idempotency-Replayed'] as const;

/** Who acts in the name of a terminal. */
const AT_THE_COUNTER: readonly Scope[] = ['terminal', 'merchant', 'operator'];
const WHO_SEES_SALES: readonly Scope[] = ['terminal', 'merchant', 'operator', 'auditor'];

/** A request about a sale as it came. */
interface Received {
  readonly sent: GiveBackBody;
  readonly ifMatch: string | undefined;
  readonly caller: Caller;
}

@Controller('v1/sales')
export class SalesController {
  constructor(
    private readonly sales: SalesCommandHandler,
    private readonly giveBacks: GiveBackCommandHandler,
    private readonly settlements: SettleCommandHandler,
    private readonly queries: SaleQueries,
  ) {}

  @Post()
  @Operation('takeSale', 'Take a sale')
  @MayCall(AT_THE_COUNTER, 'body')
  @Takes(SaleBody)
  @Answers(201, SaleTakenAnswer, ['ETag', 'Location', 'Idempotency-Replayed'])
  @Problems(404, 409, 422)
  async take(
    @Body(body(SaleBody)) sale: SaleBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const sent = { content: { ...sale } as unknown as JsonObject, by: terminalActor(sale, caller) };
    const outcome = await this.sales.take(sale as TakeSale, sent);
    return answer(reply, outcome, 201, (taken) => {
      void reply.header('ETag', etag(taken.revision));
      void reply.header('Location', `/v1/sales/${taken.saleId}`);
      return taken;
    });
  }

  @Get(':saleId')
  @Operation('getSale', 'A sale as it is now')
  @MayCall(WHO_SEES_SALES)
  @Answers(200, SaleAnswer, ['ETag'])
  @Problems(404)
  async sale(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SaleAnswer | Problem> {
    const recorded = await this.queries.sale(saleId);
    if (!recorded) return rejected(reply, { refusal: noSuchSale(), replayed: false });
    void reply.header('ETag', etag(recorded.sale.revision));
    return renderSale(recorded);
  }

  @Get(':saleId/voidability')
  @Operation('getVoidability', 'May the sale be voided, or must it be refunded? Every condition')
  @MayCall(WHO_SEES_SALES)
  @Answers(200, VoidabilityAnswerDto)
  @Problems(404)
  async voidability(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Query(parameters(VoidabilityQueryDto)) query: VoidabilityQueryDto,
  ): Promise<VoidabilityAnswerDto> {
    refuseMalformed(saleId);
    const { amount, merchantId, at, position } = query;
    const asked = {
      amount,
      requester: merchantId,
      at: at === undefined ? undefined : Date.parse(at),
      position: position as Position | undefined,
    };
    return renderVoidability(saleId, await this.queries.voidability(saleId, asked));
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
    if (!recorded) return rejected(reply, { refusal: noSuchSale(), replayed: false });
    return { events: recorded.events.map(renderEvent) };
  }

  @Post(':saleId/voids')
  @Operation('voidSale', 'Void a sale, or a part of it')
  @MayCall(AT_THE_COUNTER, 'body')
  @IfMatch()
  @Takes(GiveBackBody)
  @Answers(201, VoidAnswer, GIVEN_BACK)
  @Problems(403, 404, 409, 412, 422)
  void(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Body(body(GiveBackBody)) sent: GiveBackBody,
    @Headers('if-match') ifMatch: string | undefined,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.giveBack('void', saleId, { sent, ifMatch, caller }, reply);
  }

  @Post(':saleId/refunds')
  @Operation('refundSale', 'Refund a sale, or a part of it')
  @MayCall(AT_THE_COUNTER, 'body')
  @IfMatch()
  @Takes(GiveBackBody)
  @Answers(201, RefundAnswer, GIVEN_BACK)
  @Problems(403, 404, 409, 412, 422)
  refund(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Body(body(GiveBackBody)) sent: GiveBackBody,
    @Headers('if-match') ifMatch: string | undefined,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.giveBack('refund', saleId, { sent, ifMatch, caller }, reply);
  }

  @Post(':saleId/reversals')
  @Operation('reverseSale', 'Void or refund a sale, whichever is possible')
  @MayCall(AT_THE_COUNTER, 'body')
  @IfMatch()
  @Takes(GiveBackBody)
  @Answers(201, ReversalAnswer, GIVEN_BACK)
  @Problems(403, 404, 409, 412, 422)
  reverse(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Body(body(GiveBackBody)) sent: GiveBackBody,
    @Headers('if-match') ifMatch: string | undefined,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.giveBack('reversal', saleId, { sent, ifMatch, caller }, reply);
  }

  @Post(':saleId/settle')
  @HttpCode(200)
  @Operation('settleSale', 'Settle a sale alone and at once')
  @MayCall(['operator'])
  @Answers(200, SaleAnswer, ['ETag', 'Idempotency-Replayed'])
  @Problems(404, 409, 413, 415)
  async settle(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Req() request: FastifyRequest,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    refuseBody(request.body);
    const outcome = await this.settlements.settle(saleId, actorOf(caller));
    return answer(reply, outcome, 200, (recorded) => {
      void reply.header('ETag', etag(recorded.sale.revision));
      return { ...renderSale(recorded), responseCode: '00' };
    });
  }

  private async giveBack(
    asked: Asked,
    saleId: string,
    { sent, ifMatch, caller }: Received,
    reply: FastifyReply,
  ) {
    refuseMalformed(saleId);
    const outcome = await this.giveBacks.giveBack(
      { ...sent, asked, saleId } as unknown as GiveBack,
      {
        content: contentOf(sent),
        by: terminalActor(sent, caller),
        ifMatch: revisionsIn(ifMatch),
      },
    );
    return answer(reply, outcome, 201, (done: GivenBackAnswer) => {
      void reply.header('ETag', etag(done.revision));
      void reply.header('Location', `/v1/requests/${done.request.replaceAll('.', '/')}`);
      const rendered = renderGivenBack(done);
      return asked === 'reversal' ? { kind: done.kind, ...rendered } : rendered;
    });
  }
}

/** A malformed saleId names no sale, and is neither written down nor told: it may be anything. */
function refuseMalformed(saleId: string): void {
  if (!REQUEST_NAME.test(saleId)) throw new ProblemError(refusalProblem(noSuchSale()));
}

/** Every field as sent but the password, which is neither kept nor compared. */
function contentOf({ supervisor, ...rest }: GiveBackBody): JsonObject {
  const content = supervisor ? { ...rest, supervisor: { id: supervisor.id } } : rest;
  return content as unknown as JsonObject;
}
