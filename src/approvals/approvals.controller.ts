import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { actorOf, By, type Caller } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { body, parameters } from '../http/checked.pipe.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { DEFAULT_LIMIT } from '../http/paging.js';
import { answer, rejected } from '../http/problem.js';
import { POSITION_CURSOR } from '../projections/filtered-list.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';
import { approvalRefusals } from '../sales/domain/request-refusals.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';
import { ApprovalsCommandHandler, type RecordedApproval } from './approvals.command-handler.js';
import {
  ApprovalAnswer,
  ApprovalPath,
  ApprovalsAnswer,
  ApprovalsListQuery,
  ApproveBody,
  DeclineBody,
  renderApproval,
  renderListed,
} from './approvals.dto.js';

/** Voids and refunds that wait for a second person's yes [S1, S3]. */
@Controller('v1/approvals')
export class ApprovalsController {
  constructor(
    private readonly approvals: ApprovalsCommandHandler,
    private readonly views: Views,
  ) {}

  @Get()
  @Operation('listApprovals', 'Voids and refunds that wait, or have waited, for an approval')
  @MayCall(['merchant', 'operator', 'auditor'], 'query')
  @Answers(200, ApprovalsAnswer)
  @Problems(503)
  async list(@Query(parameters(ApprovalsListQuery)) query: ApprovalsListQuery) {
    const { after, limit = DEFAULT_LIMIT, merchantId, status } = query;
    const cursor = await waitOrCursor(this.views, 'approvals', after, POSITION_CURSOR);
    const page = this.views.approvals.list({ merchantId, status, after: cursor, limit });
    return { ...page, approvals: page.approvals.map(renderListed) };
  }

  @Get(':approvalId')
  @Operation('getApproval', 'What became of a request for approval')
  @MayCall(['merchant', 'operator', 'auditor'])
  @Answers(200, ApprovalAnswer)
  @Problems(404)
  async approval(
    @Param(parameters(ApprovalPath)) { approvalId }: ApprovalPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const recorded = await this.approvals.get(approvalId);
    if (recorded) return renderApproval(recorded);
    return rejected(reply, notRecorded(approvalRefusals.unknown()));
  }

  @Post(':approvalId/approve')
  @HttpCode(200)
  @Operation('approve', 'Let a void or refund through')
  @MayCall(['merchant', 'operator'])
  @Takes(ApproveBody)
  @Answers(200, ApprovalAnswer, ['Idempotency-Replayed'])
  @Problems(404, 409, 422, 503)
  async approve(
    @Param(parameters(ApprovalPath)) { approvalId }: ApprovalPath,
    @Body(body(ApproveBody)) review: ApproveBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.approvals.approve(approvalId, { ...review }, actorOf(caller));
    return show(reply, outcome);
  }

  @Post(':approvalId/decline')
  @HttpCode(200)
  @Operation('decline', 'Turn a void or refund down')
  @MayCall(['merchant', 'operator'])
  @Takes(DeclineBody)
  @Answers(200, ApprovalAnswer, ['Idempotency-Replayed'])
  @Problems(404, 409, 503)
  async decline(
    @Param(parameters(ApprovalPath)) { approvalId }: ApprovalPath,
    @Body(body(DeclineBody)) review: DeclineBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.approvals.decline(approvalId, { ...review }, actorOf(caller));
    return show(reply, outcome);
  }
}

function show(reply: FastifyReply, outcome: Outcome<RecordedApproval>) {
  return answer(reply, outcome, 200, renderApproval);
}
