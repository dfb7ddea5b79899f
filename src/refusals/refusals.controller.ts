import { Body, Controller, Get, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { By, type Caller, terminalActor } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import type { Position } from '../event-store/event-store.js';
import { body, parameters } from '../http/checked.pipe.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { answer } from '../http/problem.js';
import { refuseBackwards } from '../http/span.js';
import { Views } from '../projections/views.js';
import { FailuresCommandHandler } from './failures.command-handler.js';
import {
  FailureAnswer,
  FailureBody,
  RefusalsAnswer,
  RefusalsReportQuery,
  renderReport,
} from './refusals.dto.js';

/** What did not work, and why [S0, S1]. */
@Controller('v1')
export class RefusalsController {
  constructor(
    private readonly failures: FailuresCommandHandler,
    private readonly views: Views,
  ) {}

  @Post('failures')
  @Operation('reportFailure', 'A terminal tells of a failure on its own side')
  @MayCall(['terminal', 'merchant', 'operator'], 'body')
  @Takes(FailureBody)
  @Answers(201, FailureAnswer, ['Idempotency-Replayed'])
  @Problems(404)
  async report(
    @Body(body(FailureBody)) sent: FailureBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.failures.report({ ...sent }, terminalActor(sent, caller));
    return answer(reply, outcome, 201, (reported) => ({ ...reported, responseCode: '00' }));
  }

  @Get('reports/refusals')
  @Operation('reportRefusals', 'How many requests were done, and why the others were not')
  @MayCall(['merchant', 'operator', 'auditor'], 'query')
  @Answers(200, RefusalsAnswer)
  @Problems(503)
  async refusals(@Query(parameters(RefusalsReportQuery)) { after, ...which }: RefusalsReportQuery) {
    refuseBackwards(which.from, which.to);
    if (after !== undefined) await this.views.waitFor(after as Position, ['refusals']);
    return { ...which, ...renderReport(this.views.refusals.report(which)) };
  }
}
