import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Position as LogPosition } from '../event-store/event-store.js';
import { parameters } from '../http/checked.pipe.js';
import { Currency, Optional, Position, Sum } from '../http/fields.js';
import { exactly } from '../http/json.js';
import { Answers, AnswersList, Problems } from '../http/open-api.js';
import { ProblemError, problems, refusalProblem } from '../http/problem.js';
import { MerchantsCommandHandler } from '../merchants/merchants.command-handler.js';
import { MerchantPath } from '../merchants/merchants.dto.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import { SalesListAnswer, SalesListQuery } from '../sales/sales.dto.js';
import { renderListed } from '../sales/sales.render.js';
import { CURSOR } from './sales.view.js';
import { Views } from './views.js';

const POSITION = /^\d{20}$/;
const DEFAULT_LIMIT = 100;

export class AfterQuery {
  @Optional() @Position() after?: string;
}

export class BalanceDto {
  @Currency() currency!: string;
  @Sum() pending!: bigint;
  @Sum() available!: bigint;
  @Sum() receivable!: bigint;
  @Sum() reserve!: bigint;
  @Sum() inTransit!: bigint;
  @Sum() paidOut!: bigint;
}

/** What is read from views: each list waits, where asked, until its view has seen a position. */
@Controller('v1/merchants/:merchantId')
export class ListsController {
  constructor(
    private readonly views: Views,
    private readonly merchants: MerchantsCommandHandler,
  ) {}

  @Get('sales')
  @Answers(200, SalesListAnswer)
  @Problems(404, 503)
  async sales(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Query(parameters(SalesListQuery)) query: SalesListQuery,
  ) {
    await this.known(merchantId);
    const { after, limit = DEFAULT_LIMIT, ...rest } = query;
    const cursor = await this.waitOrCursor(after);
    const { sales, next } = this.views.sales.list({ merchantId, ...rest, after: cursor, limit });
    return { sales: sales.map(renderListed), ...(next !== undefined && { next }) };
  }

  @Get('balances')
  @AnswersList(200, BalanceDto)
  @Problems(404, 503)
  async balances(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Query(parameters(AfterQuery)) { after }: AfterQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.known(merchantId);
    if (after !== undefined) await this.views.waitFor(after as LogPosition);
    return exactly(reply, this.views.balances.of(merchantId));
  }

  private async known(merchantId: string): Promise<void> {
    if (await this.merchants.get(merchantId)) return;
    throw new ProblemError(refusalProblem(requestRefusals.unknownMerchant()));
  }

  /** `after` is a position to wait for, or where the page before ended. */
  private async waitOrCursor(after: string | undefined): Promise<string | undefined> {
    if (after === undefined || CURSOR.test(after)) return after;
    if (!POSITION.test(after)) {
      const message = 'is neither a position nor the `next` of a page';
      throw new ProblemError(problems.malformed([{ field: 'after', message, isAmount: false }]));
    }
    await this.views.waitFor(after as LogPosition);
    return undefined;
  }
}
