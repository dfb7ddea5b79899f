import {
  Body,
  Controller,
  Get,
  Inject,
  Param,
  Post,
  Query,
  Res,
  StreamableFile,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { actorOf, By, type Caller } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { EVENT_STORE, type EventStore, type Position } from '../event-store/event-store.js';
import { body, parameters } from '../http/checked.pipe.js';
import { exactly } from '../http/json.js';
import { negotiated } from '../http/negotiated.js';
import { Answers, AnswersAlso, AnswersList, Operation, Problems, Takes } from '../http/open-api.js';
import { DEFAULT_LIMIT } from '../http/paging.js';
import { answer } from '../http/problem.js';
import { refuseBackwards, refuseUnwritten } from '../http/span.js';
import { knownMerchant } from '../merchants/known-merchant.js';
import { MerchantsCommandHandler } from '../merchants/merchants.command-handler.js';
import { MerchantPath } from '../merchants/merchants.dto.js';
import { STATEMENT_CURSOR } from '../projections/statement.view.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';
import {
  asOf,
  AsOfQuery,
  BalanceDto,
  StatementAnswer,
  StatementListQuery,
  TrialBalanceAnswer,
  TrialBalanceQuery,
  WriteOffAnswer,
  WriteOffBody,
} from './books.dto.js';
import { WriteOffsCommandHandler } from './write-offs.command-handler.js';
import {
  byAccount,
  renderMovement,
  renderStanding,
  statementCsv,
  totalsOf,
} from './books.render.js';

/** The books as they are read: balances, statements and the trial balance. */
@Controller('v1')
export class BooksController {
  constructor(
    private readonly views: Views,
    private readonly merchants: MerchantsCommandHandler,
    private readonly writeOffs: WriteOffsCommandHandler,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  @Get('merchants/:merchantId/balances')
  @Operation('getBalances', 'What a merchant is owed, by currency')
  @MayCall(['merchant', 'operator', 'auditor'])
  @AnswersList(200, BalanceDto)
  @Problems(404, 503)
  async balances(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Query(parameters(AsOfQuery)) query: AsOfQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await knownMerchant(this.merchants.get(merchantId));
    await this.reach(query);
    return exactly(reply, this.views.books.balances(merchantId, asOf(query)));
  }

  @Get('merchants/:merchantId/statement')
  @Operation('getStatement', 'The movements of a merchant, with a running balance')
  @MayCall(['merchant', 'operator', 'auditor'])
  @AnswersAlso(200, StatementAnswer, { 'text/csv': 'text' })
  @Problems(404, 503)
  async statement(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Query(parameters(StatementListQuery)) query: StatementListQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { settings } = await knownMerchant(this.merchants.get(merchantId));
    const { currency = settings.currency, after, limit = DEFAULT_LIMIT, from, to } = query;
    refuseBackwards(from, to);
    const cursor = await waitOrCursor(this.views, 'books', after, STATEMENT_CURSOR);
    const span = { merchantId, currency, from, to };
    if (negotiated(reply, ['application/json', 'text/csv']) === 'text/csv') {
      void reply.type('text/csv; charset=utf-8');
      return new StreamableFile(statementCsv(this.views, span));
    }
    const page = this.views.statements.read({ ...span, after: cursor, limit });
    return exactly(reply, {
      ...span,
      opening: renderStanding(page.opening),
      movements: page.movements.map(renderMovement),
      closing: renderStanding(page.closing),
      ...(page.next !== undefined && { next: page.next }),
    });
  }

  @Post('merchants/:merchantId/write-offs')
  @Operation('writeOff', 'Give up what a merchant owes')
  @MayCall(['operator'])
  @Takes(WriteOffBody)
  @Answers(201, WriteOffAnswer, ['Idempotency-Replayed'])
  @Problems(404, 409, 422, 503)
  async writeOff(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Body(body(WriteOffBody)) sent: WriteOffBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.writeOffs.writeOff(merchantId, sent, actorOf(caller));
    return answer(reply, outcome, 201, ({ writtenOff, position }) => {
      const amount = BigInt(writtenOff.amount);
      return exactly(reply, { ...writtenOff, amount, responseCode: '00', position });
    });
  }

  @Get('ledger/trial-balance')
  @Operation('getTrialBalance', 'Every account of the books: debits equal credits')
  @MayCall(['operator', 'auditor'])
  @Answers(200, TrialBalanceAnswer)
  @Problems(503)
  async trialBalance(
    @Query(parameters(TrialBalanceQuery)) query: TrialBalanceQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.reach(query);
    const { merchantId, by = 'merchant' } = query;
    const accounts = this.views.books.trialBalance(asOf(query), merchantId);
    const totals = totalsOf(accounts);
    return exactly(reply, { accounts: by === 'account' ? byAccount(accounts) : accounts, totals });
  }

  /** Books as of a position are known once the view has been there. */
  private async reach({ after, position }: AsOfQuery): Promise<void> {
    if (after !== undefined) await this.views.waitFor(after as Position, ['books']);
    if (position === undefined) return;
    refuseUnwritten(position as Position, await this.store.head());
    await this.views.waitFor(position as Position, ['books']);
  }
}
