import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { actorOf, By, type Caller, terminalActor } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { body, parameters } from '../http/checked.pipe.js';
import { exactly } from '../http/json.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { DEFAULT_LIMIT } from '../http/paging.js';
import { answer, problems, rejected, sendProblem } from '../http/problem.js';
import { NO_SUCH_STORE } from '../merchants/domain/store.js';
import { knownMerchant } from '../merchants/known-merchant.js';
import { MerchantsCommandHandler } from '../merchants/merchants.command-handler.js';
import { MerchantPath } from '../merchants/merchants.dto.js';
import { BATCH_CURSOR } from '../projections/batches.view.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';
import type { BatchState } from './batch.answer.js';
import { BatchesCommandHandler } from './batches.command-handler.js';
import {
  BatchAnswer,
  BatchesAnswer,
  BatchesQuery,
  BatchPath,
  CloseBody,
  DayCloseAnswer,
  DayCloseBody,
  renderBatch,
  renderListed,
  terminalSide,
} from './batches.dto.js';

@Controller('v1/merchants/:merchantId')
export class BatchesController {
  constructor(
    private readonly batches: BatchesCommandHandler,
    private readonly merchants: MerchantsCommandHandler,
    private readonly views: Views,
  ) {}

  @Get('batches')
  @Operation('listBatches', 'Batches of a merchant, and what they come to')
  @MayCall(['merchant', 'operator', 'auditor'])
  @Answers(200, BatchesAnswer)
  @Problems(404, 503)
  async list(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Query(parameters(BatchesQuery)) { status, after, limit = DEFAULT_LIMIT }: BatchesQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await knownMerchant(this.merchants.get(merchantId));
    const cursor = await waitOrCursor(this.views, 'batches', after, BATCH_CURSOR);
    const page = this.views.batches.list({ merchantId, status, after: cursor, limit });
    return exactly(reply, { ...page, batches: page.batches.map(renderListed) });
  }

  @Post('terminals/:terminalId/batches/:batchNo/close')
  @Operation('closeBatch', 'Close a batch and settle its sales')
  @MayCall(['terminal', 'merchant', 'operator'])
  @Takes(CloseBody)
  @Answers(200, BatchAnswer, ['Idempotency-Replayed'])
  @Answers(202, BatchAnswer, ['Retry-After'])
  @Problems(404)
  async close(
    @Param(parameters(BatchPath)) path: BatchPath,
    @Body(body(CloseBody)) sent: CloseBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.batches.close(path, terminalSide(sent), terminalActor(path, caller));
    return answer(reply, outcome, 200, (batch) => show(reply, batch));
  }

  @Get('terminals/:terminalId/batches/:batchNo')
  @Operation('getBatch', 'A batch as it is now')
  @MayCall(['terminal', 'merchant', 'operator', 'auditor'])
  @Answers(200, BatchAnswer)
  @Problems(404)
  async batch(
    @Param(parameters(BatchPath)) path: BatchPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const batch = await this.batches.batch(path);
    if (batch) return exactly(reply, renderBatch(batch));
    const unknown = await this.batches.unknown(path);
    if (unknown) return rejected(reply, unknown);
    const message = { en: 'There is no such batch.', zh: '批次不存在。' };
    return sendProblem(reply, problems.unknown(message));
  }

  @Post('day-close')
  @Operation('dayClose', 'Close every open batch of the merchant, or of one store')
  @MayCall(['merchant', 'operator'])
  @Takes(DayCloseBody)
  @Answers(200, DayCloseAnswer)
  @Answers(202, DayCloseAnswer, ['Retry-After'])
  @Problems(404)
  async dayClose(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Body(body(DayCloseBody)) { storeId }: DayCloseBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.batches.dayClose(merchantId, storeId, actorOf(caller));
    if (!outcome) return sendProblem(reply, problems.unknown(NO_SUCH_STORE));
    return answer(reply, outcome, 200, ({ batches }) => {
      const isDone = batches.every(({ status }) => status === 'closed');
      if (!isDone) stillClosing(reply);
      const responseCode = isDone ? '00' : '09';
      return exactly(reply, { batches: batches.map(renderBatch), responseCode });
    });
  }
}

function stillClosing(reply: FastifyReply): void {
  void reply.status(202).header('Retry-After', '1');
}

function show(reply: FastifyReply, batch: BatchState): string {
  if (batch.status === 'closing') stillClosing(reply);
  return exactly(reply, renderBatch(batch));
}
