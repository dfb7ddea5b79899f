import { Controller, Get, Param, Query } from '@nestjs/common';
import { MayCall } from '../access/may-call.js';
import { parameters } from '../http/checked.pipe.js';
import { Answers, Operation, Problems } from '../http/open-api.js';
import { DEFAULT_LIMIT } from '../http/paging.js';
import { refuseBackwards } from '../http/span.js';
import { knownMerchant } from '../merchants/known-merchant.js';
import { MerchantsCommandHandler } from '../merchants/merchants.command-handler.js';
import { MerchantPath } from '../merchants/merchants.dto.js';
import { SalesListAnswer, SalesListQuery } from '../sales/sales.dto.js';
import { renderListed } from '../sales/sales.render.js';
import { CURSOR } from './sales.view.js';
import { waitOrCursor } from './wait-or-cursor.js';
import { Views } from './views.js';

/** What is read from views: each list waits, where asked, until its view has seen a position. */
@Controller('v1/merchants/:merchantId')
export class ListsController {
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
    await knownMerchant(this.merchants, merchantId);
    const { after, limit = DEFAULT_LIMIT, ...rest } = query;
    refuseBackwards(rest.from, rest.to);
    const cursor = await waitOrCursor(this.views, 'sales', after, CURSOR);
    const { sales, next } = this.views.sales.list({ merchantId, ...rest, after: cursor, limit });
    return { sales: sales.map(renderListed), ...(next !== undefined && { next }) };
  }
}
