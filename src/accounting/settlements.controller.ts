import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { MayCall } from '../access/may-call.js';
import { parameters } from '../http/checked.pipe.js';
import {
  CalendarDate,
  Currency,
  Digits,
  Identifier,
  NestedList,
  Numeral,
  OneOf,
  Optional,
  Sum,
  Text,
} from '../http/fields.js';
import { exactly } from '../http/json.js';
import { Answers, Operation, Problems } from '../http/open-api.js';
import { DEFAULT_LIMIT, PageQuery } from '../http/paging.js';
import { refuseBackwards } from '../http/span.js';
import { knownMerchant } from '../merchants/known-merchant.js';
import { MerchantsCommandHandler } from '../merchants/merchants.command-handler.js';
import { MerchantPath } from '../merchants/merchants.dto.js';
import { type SettlementLine, SETTLEMENTS_CURSOR } from '../projections/settlements.view.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';

export class SettlementsListQuery extends PageQuery {
  @Optional() @CalendarDate() from?: string;
  @Optional() @CalendarDate() to?: string;
}

/** `amount` is what settled, before fee and reserve: gross less voided and refunded. */
export class SettlementSumsDto {
  @Numeral() count!: bigint;
  @Sum() gross!: bigint;
  @Sum() voided!: bigint;
  @Sum() refunded!: bigint;
  @Sum() amount!: bigint;
  @Sum() fee!: bigint;
  @Sum() reserve!: bigint;
  @Sum() net!: bigint;
}

export class SettlementLineDto extends SettlementSumsDto {
  @CalendarDate() valueDate!: string;
  @Optional() @OneOf(['debit', 'credit']) cardType?: string;
}

/** `refundCount`, `refundAmount` and `feeReturned`: of settled sales, by requests of the batch. */
export class SettlementTotalsDto extends SettlementSumsDto {
  @CalendarDate() businessDate!: string;
  @Currency() currency!: string;
  @Numeral() refundCount!: bigint;
  @Sum() refundAmount!: bigint;
  @Sum() feeReturned!: bigint;
}

export class SettledBatchDto extends SettlementTotalsDto {
  @Identifier(8) terminalId!: string;
  @Digits(6) batchNo!: string;
  @NestedList(() => SettlementLineDto) lines!: SettlementLineDto[];
}

export class SettlementsAnswer {
  @NestedList(() => SettledBatchDto) batches!: SettledBatchDto[];
  @NestedList(() => SettlementTotalsDto) days!: SettlementTotalsDto[];
  @Optional() @Text() next?: string;
}

@Controller('v1/merchants/:merchantId/settlements')
export class SettlementsController {
  constructor(
    private readonly views: Views,
    private readonly merchants: MerchantsCommandHandler,
  ) {}

  @Get()
  @Operation('getSettlements', 'What settled of a merchant’s sales, by day and batch')
  @MayCall(['merchant', 'operator', 'auditor'])
  @Answers(200, SettlementsAnswer)
  @Problems(404, 503)
  async settlements(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Query(parameters(SettlementsListQuery)) query: SettlementsListQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await knownMerchant(this.merchants.get(merchantId));
    const { after, limit = DEFAULT_LIMIT, from, to } = query;
    refuseBackwards(from, to);
    const cursor = await waitOrCursor(this.views, 'settlements', after, SETTLEMENTS_CURSOR);
    const page = this.views.settlements.report({ merchantId, from, to, after: cursor, limit });
    const batches = page.batches.map(({ lines, ...batch }) => ({
      ...batch,
      lines: lines.map(renderLine),
    }));
    return exactly(reply, { ...page, batches });
  }
}

/** Refunds are of the batch, not of one of its lines. */
function renderLine(line: SettlementLine): SettlementLineDto {
  const { valueDate, cardType, count, gross, voided, refunded, amount, fee, reserve, net } = line;
  return {
    valueDate,
    ...(cardType !== '' && { cardType }),
    ...{ count, gross, voided, refunded, amount, fee, reserve, net },
  };
}
