import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { By, type Caller, terminalActor } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { body } from '../http/checked.pipe.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { answer, malformed } from '../http/problem.js';
import type { JsonObject } from '../ledger/domain/json.js';
import { TimeoutReversalAnswer, TimeoutReversalBody } from './sales.dto.js';
import { TimeoutReversalCommandHandler } from './timeout-reversal.command-handler.js';

/** What a terminal sends when it has no answer, or an operator for it [S4]. */
@Controller('v1/timeout-reversals')
export class TimeoutReversalsController {
  constructor(private readonly reversals: TimeoutReversalCommandHandler) {}

  @Post()
  @HttpCode(200)
  @Operation('reverseRequest', 'Undo a request whose outcome its terminal never learned')
  @MayCall(['terminal', 'merchant', 'operator'], 'body')
  @Takes(TimeoutReversalBody)
  @Answers(200, TimeoutReversalAnswer, ['Idempotency-Replayed'])
  @Problems(404, 409)
  async reverse(
    @Body(body(TimeoutReversalBody)) sent: TimeoutReversalBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { batchNo, stan, original } = sent;
    if (original.batchNo === batchNo && original.stan === stan) {
      throw malformed('original', 'is this reversal itself');
    }
    const content = { ...sent } as unknown as JsonObject;
    const outcome = await this.reversals.reverse(sent, {
      content,
      by: terminalActor(sent, caller),
    });
    return answer(reply, outcome, 200, (done) => done);
  }
}
