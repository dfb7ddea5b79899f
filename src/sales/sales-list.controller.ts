import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MayCall } from '../access/may-call.js';
import { parameters } from '../http/checked.pipe.js';
import { Answers, Operation, Problems } from '../http/open-api.js';
import { DEFAULT_LIMIT } from '../http/paging.js';
import { refuseBackwards } from '../http/span.js';
import { knownMerchant } from '../merchants/known-merchant.js';
import { MerchantsCommandHandler } from '../merchants/merchants.command-handler.js';
import { MerchantPath } from '../merchants/merchants.dto.js';
import { CURSOR } from '../projections/sales.view.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';
import { SalesListAnswer, SalesListQuery } from './sales.dto.js';
import { renderListed } from './sales.render.js';

/** Read from the view, which it waits for where it is asked to. */
@ApiTags('Sales')
@Controller('v1/merchants/:merchantId')
export class SalesListController {
  constructor(
    private readonly views: Views,
    private readonly merchants: MerchantsCommandHandler,
  ) {}

  @Get('sales')
  @Operation('listSales', 'Sales of a merchant by business date, in pages')
  @MayCall(['merchant', 'operator', 'auditor'])
  @Answers(200, SalesListAnswer)
  @Problems(404)
  async sales(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Query(parameters(SalesListQuery)) query: SalesListQuery,
  ) {
    await knownMerchant(this.merchants.get(merchantId));
    const { after, limit = DEFAULT_LIMIT, ...rest } = query;
    refuseBackwards(rest.from, rest.to);
    const cursor = await waitOrCursor(this.views, 'sales', after, CURSOR);
    const { sales, next } = this.views.sales.list({ merchantId, ...rest, after: cursor, limit });
    return { sales: sales.map(renderListed), ...(next !== undefined && { next }) };
  }
}
