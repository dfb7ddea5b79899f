import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { MayCall } from '../access/may-call.js';
import { parameters } from '../http/checked.pipe.js';
import { negotiated } from '../http/negotiated.js';
import { Operation, Problems } from '../http/open-api.js';
import { type Problem, problems, rejected, sendProblem } from '../http/problem.js';
import { noSuchSale } from './domain/judge.js';
import { type Printed, printedEvent, receiptOf } from './receipt.js';
import { type PaperWidth, receiptHtml, receiptText } from './receipt-layout.js';
import { ReceiptQuery, RefundReceiptPath, VoidReceiptPath } from './receipts.dto.js';
import { SaleQueries } from './sale.queries.js';
import { SalePath } from './sales.dto.js';
import { notRecorded } from './sales.commands.js';

const NO_SUCH = {
  void: { en: 'The sale has no such void.', zh: '原消费无此撤销交易。' },
  refund: { en: 'The sale has no such refund.', zh: '原消费无此退货交易。' },
} as const;

const WHO_SEES_RECEIPTS = ['terminal', 'merchant', 'operator', 'auditor'] as const;

/** Text for a printer, or HTML by `Accept`. */
const AnswersReceipt = (): MethodDecorator => (target, name, descriptor) => {
  ApiProduces('text/plain', 'text/html')(target, name as string, descriptor);
  ApiResponse({
    status: 200,
    description: 'The receipt',
    content: {
      'text/plain': { schema: { type: 'string' } },
      'text/html': { schema: { type: 'string' } },
    },
  })(target, name, descriptor);
};

/** What a terminal prints, of a sale, a void or a refund. */
@Controller('v1/sales')
export class ReceiptsController {
  constructor(private readonly sales: SaleQueries) {}

  @Get(':saleId/receipt')
  @Operation('getSaleReceipt', 'The receipt of a sale')
  @MayCall(WHO_SEES_RECEIPTS)
  @AnswersReceipt()
  @Problems(404)
  sale(
    @Param(parameters(SalePath)) { saleId }: SalePath,
    @Query(parameters(ReceiptQuery)) query: ReceiptQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.print(saleId, 'sale', query, reply);
  }

  @Get(':saleId/voids/:voidId/receipt')
  @Operation('getVoidReceipt', 'The receipt of a void')
  @MayCall(WHO_SEES_RECEIPTS)
  @AnswersReceipt()
  @Problems(404)
  void(
    @Param(parameters(VoidReceiptPath)) { saleId, voidId }: VoidReceiptPath,
    @Query(parameters(ReceiptQuery)) query: ReceiptQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.print(saleId, { kind: 'void', request: voidId }, query, reply);
  }

  @Get(':saleId/refunds/:refundId/receipt')
  @Operation('getRefundReceipt', 'The receipt of a refund')
  @MayCall(WHO_SEES_RECEIPTS)
  @AnswersReceipt()
  @Problems(404)
  refund(
    @Param(parameters(RefundReceiptPath)) { saleId, refundId }: RefundReceiptPath,
    @Query(parameters(ReceiptQuery)) query: ReceiptQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.print(saleId, { kind: 'refund', request: refundId }, query, reply);
  }

  private async print(
    saleId: string,
    printed: Printed,
    { language = 'en', width = '58' }: ReceiptQuery,
    reply: FastifyReply,
  ): Promise<string | Problem> {
    const recorded = await this.sales.sale(saleId);
    if (!recorded) return rejected(reply, notRecorded(noSuchSale()));
    const event = printedEvent(recorded, printed);
    if (!event) return noSuch(printed, reply);
    const { merchantId } = recorded.sale.data;
    const merchant = await this.sales.merchantAt(merchantId, event.position);
    const voidUntil = await this.sales.voidUntil(saleId);
    const receipt = merchant && receiptOf(recorded, merchant, printed, { language, voidUntil });
    if (!receipt)
      throw new Error(`a sale of ${merchantId} was taken before there was that merchant`);
    const kind = negotiated(reply, ['text/plain', 'text/html']);
    void reply.type(`${kind}; charset=utf-8`);
    return kind === 'text/html'
      ? receiptHtml(receipt)
      : receiptText(receipt, Number(width) as PaperWidth);
  }
}

function noSuch(printed: Printed, reply: FastifyReply): Problem {
  if (printed === 'sale') throw new Error('a sale that was taken has a receipt');
  return sendProblem(reply, problems.unknown(NO_SUCH[printed.kind]));
}
