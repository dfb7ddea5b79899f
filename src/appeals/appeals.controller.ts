import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { actorOf, By, type Caller, terminalActor } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { body, parameters } from '../http/checked.pipe.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { DEFAULT_LIMIT, PageQuery } from '../http/paging.js';
import { answer, rejected } from '../http/problem.js';
import { POSITION_CURSOR } from '../projections/filtered-list.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';
import { noSuchSale } from '../sales/domain/judge.js';
import { SaleQueries } from '../sales/sale.queries.js';
import { SalePath } from '../sales/sales.dto.js';
import { refuseMalformed } from '../sales/terminal-requests.js';
import { AppealsCommandHandler } from './appeals.command-handler.js';
import { appealRefusals } from './domain/appeal-refusals.js';
import {
  AppealAnswer,
  AppealAnswerBody,
  AppealBody,
  AppealPath,
  AppealsAnswer,
  AppealsListQuery,
  renderAppeal,
  renderRecorded,
} from './appeals.dto.js';
import { notRecorded } from '../sales/sales.commands.js';

/** A refused void or refund can be appealed, and a reviewer answers [S3]. */
@Controller('v1')
export class AppealsController {
  constructor(
    private readonly appeals: AppealsCommandHandler,
    private readonly views: Views,
    private readonly sales: SaleQueries,
  ) {}

  @Post('sales/:saleId/appeals')
  @Operation('fileAppeal', 'Appeal against a refused void or refund')
  @MayCall(['terminal', 'merchant', 'operator'], 'body')
  @Takes(AppealBody)
  @Answers(201, AppealAnswer, ['Location', 'Idempotency-Replayed'])
  @Problems(404, 409)
  async file(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Body(body(AppealBody)) sent: AppealBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    refuseMalformed(saleId);
    const { merchantId, terminalId, batchNo, stan, ...said } = sent;
    const refused = { merchantId, terminalId, batchNo, stan };
    const by = terminalActor(refused, caller);
    const outcome = await this.appeals.file(saleId, refused, said, by);
    return answer(reply, outcome, 201, (recorded) => {
      void reply.header('Location', `/v1/appeals/${recorded.appeal.filed.appealId}`);
      return renderRecorded(recorded);
    });
  }

  @Get('sales/:saleId/appeals')
  @Operation('listSaleAppeals', 'Appeals about a sale')
  @MayCall(['terminal', 'merchant', 'operator', 'auditor'])
  @Answers(200, AppealsAnswer)
  @Problems(404, 503)
  async ofSale(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Query(parameters(PageQuery)) query: PageQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const page = await this.page({ ...query, saleId });
    // A void of a sale that there is not is refused, too, and may be appealed.
    if (page.appeals.length === 0 && !(await this.sales.sale(saleId))) {
      return rejected(reply, notRecorded(noSuchSale()));
    }
    return page;
  }

  @Get('appeals')
  @Operation('listAppeals', 'Appeals and their answers')
  @MayCall(['merchant', 'operator', 'auditor'], 'query')
  @Answers(200, AppealsAnswer)
  @Problems(503)
  list(@Query(parameters(AppealsListQuery)) query: AppealsListQuery) {
    return this.page(query);
  }

  @Get('appeals/:appealId')
  @Operation('getAppeal', 'An appeal, and its answer where it has one')
  @MayCall(['terminal', 'merchant', 'operator', 'auditor'])
  @Answers(200, AppealAnswer)
  @Problems(404)
  async appeal(
    @Param(parameters(AppealPath)) { appealId }: AppealPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const recorded = await this.appeals.appeal(appealId);
    return recorded
      ? renderRecorded(recorded)
      : rejected(reply, notRecorded(appealRefusals.unknown()));
  }

  private async page(query: AppealsListQuery & { saleId?: string }) {
    const { after, limit = DEFAULT_LIMIT, ...filters } = query;
    const cursor = await waitOrCursor(this.views, 'appeals', after, POSITION_CURSOR);
    const page = this.views.appeals.list({ ...filters, after: cursor, limit });
    return { ...page, appeals: page.appeals.map(renderAppeal) };
  }

  @Post('appeals/:appealId/answer')
  @HttpCode(200)
  @Operation('answerAppeal', 'A reviewer upholds or rejects an appeal')
  @MayCall(['operator'])
  @Takes(AppealAnswerBody)
  @Answers(200, AppealAnswer, ['Idempotency-Replayed'])
  @Problems(404, 409)
  async answer(
    @Param(parameters(AppealPath)) { appealId }: AppealPath,
    @Body(body(AppealAnswerBody)) { outcome, ...said }: AppealAnswerBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const answered = await this.appeals.answer(appealId, outcome, said, actorOf(caller));
    return answer(reply, answered, 200, renderRecorded);
  }
}
