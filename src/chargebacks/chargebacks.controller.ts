import { Body, Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, By, type Caller } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { body, parameters, refuseBody } from '../http/checked.pipe.js';
import {
  Amount,
  Currency,
  Flag,
  FreeText,
  Identifier,
  Numeral,
  OneOf,
  Optional,
  Position,
  Sum,
  Text,
  Threshold,
} from '../http/fields.js';
import { etag } from '../http/if-match.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { answer } from '../http/problem.js';
import { SalePath } from '../sales/sales.dto.js';
import type { Outcome } from '../sales/sales.commands.js';
import {
  type RecordedChargeback,
  ChargebacksCommandHandler,
} from './chargebacks.command-handler.js';

export class ChargebackBody {
  @Identifier(35) chargebackId!: string;
  @Optional() @Amount() amount?: number;
  @Optional() @Threshold() fee?: number;
  @FreeText(256) reason!: string;
  @Optional() @FreeText(128) evidenceRef?: string;
}

export class ChargebackWonBody {
  @Optional() @Flag() returnFee?: boolean;
}

export class ChargebackPath extends SalePath {
  @Identifier(35) chargebackId!: string;
}

export class ChargebackAnswer {
  @Text() chargebackId!: string;
  @Text() saleId!: string;
  @OneOf(['open', 'won', 'lost']) status!: string;
  @Amount() amount!: number;
  @Sum() fee!: number;
  @Currency() currency!: string;
  @Sum() remaining!: number;
  @Text() responseCode!: string;
  @Numeral() revision!: number;
  @Position() position!: string;
}

@Controller('v1/sales/:saleId/chargebacks')
export class ChargebacksController {
  constructor(private readonly chargebacks: ChargebacksCommandHandler) {}

  @Post()
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

  @Post(':chargebackId/won')
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

  @Post(':chargebackId/lost')
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
