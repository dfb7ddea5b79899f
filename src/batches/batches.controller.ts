import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { actorOf, By, type Caller, terminalActor } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { body, parameters } from '../http/checked.pipe.js';
import { exactly } from '../http/json.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { answer, problems, rejected, sendProblem } from '../http/problem.js';
import { NO_SUCH_STORE } from '../merchants/domain/store.js';
import { MerchantPath } from '../merchants/merchants.dto.js';
import type { BatchState } from './batch.answer.js';
import { BatchesCommandHandler } from './batches.command-handler.js';
import {
  BatchAnswer,
  BatchPath,
  CloseBody,
  DayCloseAnswer,
  DayCloseBody,
  renderBatch,
  terminalSide,
} from './batches.dto.js';

@Controller('v1/merchants/:merchantId')
export class BatchesController {
  constructor(private readonly batches: BatchesCommandHandler) {}

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
