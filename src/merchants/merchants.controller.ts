import { Body, Controller, Get, Param, Put, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { actorOf, By, type Caller } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { body, parameters } from '../http/checked.pipe.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { DEFAULT_LIMIT, PageQuery } from '../http/paging.js';
import { answer, problems, rejected, sendProblem } from '../http/problem.js';
import { MERCHANT_CURSOR } from '../projections/merchants.view.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import type { Actor } from '../ledger/domain/ledger-event.js';
import type { Right } from './domain/merchant.events.js';
import { NO_SUCH_STORE } from './domain/store.js';
import { knownMerchant } from './known-merchant.js';
import { MerchantsCommandHandler } from './merchants.command-handler.js';
import {
  limitsOf,
  merchantAnswer,
  MerchantAnswer,
  MerchantBody,
  MerchantPath,
  MerchantsAnswer,
  refuseCapBelowMinimum,
  RightAnswer,
  RightBody,
  settingsOf,
  SupervisorAnswer,
  SupervisorPath,
  SupervisorsAnswer,
  supervisorsOf,
  SupervisorBody,
} from './merchants.dto.js';
import {
  StoreAnswer,
  StoreBody,
  storeOf,
  StorePath,
  TerminalAnswer,
  TerminalBody,
  TerminalPath,
  TerminalsAnswer,
  terminalsPage,
  TerminalsQuery,
} from './places.dto.js';
import { notRecorded } from '../sales/sales.commands.js';

@Controller('v1/merchants')
export class MerchantsController {
  constructor(
    private readonly merchants: MerchantsCommandHandler,
    private readonly views: Views,
  ) {}

  @Get()
  @Operation('listMerchants', 'Merchants by their ids')
  @MayCall(['operator', 'auditor'])
  @Answers(200, MerchantsAnswer)
  @Problems(503)
  async list(@Query(parameters(PageQuery)) { after, limit = DEFAULT_LIMIT }: PageQuery) {
    const cursor = await waitOrCursor(this.views, 'merchants', after, MERCHANT_CURSOR);
    return this.views.merchants.list({ after: cursor, limit });
  }

  @Put(':merchantId')
  @Operation('putMerchant', 'Register a merchant, or replace its settings')
  @MayCall(['operator'])
  @Takes(MerchantBody)
  @Answers(200, MerchantAnswer)
  @Answers(201, MerchantAnswer)
  @Problems()
  async put(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Body(body(MerchantBody)) settings: MerchantBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    refuseCapBelowMinimum(settings.fee);
    const put = await this.merchants.put(merchantId, settingsOf(settings), actorOf(caller));
    void reply.status(put.created ? 201 : 200);
    return merchantAnswer(put.merchant, put.position);
  }

  @Get(':merchantId')
  @Operation('getMerchant', 'A merchant with its settings and rights')
  @MayCall(['terminal', 'merchant', 'operator', 'auditor'])
  @Answers(200, MerchantAnswer)
  @Problems(404)
  async get(@Param(parameters(MerchantPath)) { merchantId }: MerchantPath) {
    return merchantAnswer(await knownMerchant(this.merchants.current(merchantId)));
  }

  @Get(':merchantId/terminals')
  @Operation('listTerminals', 'Terminals of a merchant, or of one of its stores, by their ids')
  @MayCall(['merchant', 'operator', 'auditor'])
  @Answers(200, TerminalsAnswer)
  @Problems(404)
  async terminals(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Query(parameters(TerminalsQuery)) query: TerminalsQuery,
  ) {
    return terminalsPage(await knownMerchant(this.merchants.current(merchantId)), query);
  }

  @Put(':merchantId/terminals/:terminalId')
  @Operation('putTerminal', 'Assign a terminal to a store, or move it')
  @MayCall(['operator'])
  @Takes(TerminalBody)
  @Answers(200, TerminalAnswer)
  @Answers(201, TerminalAnswer)
  @Problems(404)
  async assign(
    @Param(parameters(TerminalPath)) { merchantId, terminalId }: TerminalPath,
    @Body(body(TerminalBody)) { storeId, currency, limits }: TerminalBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const terminal = {
      terminalId,
      storeId,
      ...(currency !== undefined && { currency }),
      ...(limits && { limits: limitsOf(limits) }),
    };
    const outcome = await this.merchants.assignTerminal(merchantId, terminal, actorOf(caller));
    return answer(reply, outcome, 200, ({ created, position }) => {
      if (created) void reply.status(201);
      return { merchantId, ...terminal, responseCode: '00', position };
    });
  }

  @Get(':merchantId/terminals/:terminalId')
  @Operation(
    'getTerminal',
    'A terminal: its store, its currency where it has its own, and its limits',
  )
  @MayCall(['terminal', 'merchant', 'operator', 'auditor'])
  @Answers(200, TerminalAnswer)
  @Problems(404)
  async terminal(
    @Param(parameters(TerminalPath)) { merchantId, terminalId }: TerminalPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { terminals } = await knownMerchant(this.merchants.current(merchantId));
    const terminal = terminals.get(terminalId);
    if (terminal) return { merchantId, ...terminal, responseCode: '00' };
    return rejected(reply, notRecorded(requestRefusals.unknownTerminal()));
  }

  @Get(':merchantId/stores/:storeId')
  @Operation('getStore', 'A store: its terminals, and its limits')
  @MayCall(['merchant', 'operator', 'auditor'])
  @Answers(200, StoreAnswer)
  @Problems(404)
  async storeAsItIs(
    @Param(parameters(StorePath)) { merchantId, storeId }: StorePath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const store = storeOf(await knownMerchant(this.merchants.current(merchantId)), storeId);
    if (store) return store;
    return sendProblem(reply, problems.unknown(NO_SUCH_STORE));
  }

  @Put(':merchantId/stores/:storeId')
  @Operation('putStore', 'Set the limits of a store')
  @MayCall(['operator'])
  @Takes(StoreBody)
  @Answers(200, StoreAnswer)
  @Problems(404)
  async store(
    @Param(parameters(StorePath)) { merchantId, storeId }: StorePath,
    @Body(body(StoreBody)) { limits }: StoreBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const by = actorOf(caller);
    const ofStore = limits && limitsOf(limits);
    const outcome = await this.merchants.setStoreLimits(merchantId, storeId, ofStore, by);
    return answer(reply, outcome, 200, ({ position }) => {
      return { merchantId, storeId, ...(limits && { limits }), responseCode: '00', position };
    });
  }

  @Put(':merchantId/void-right')
  @Operation('setVoidRight', 'Freeze or restore the right to void')
  @MayCall(['operator'])
  @Takes(RightBody)
  @Answers(200, RightAnswer)
  @Problems(404)
  voidRight(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Body(body(RightBody)) right: RightBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.setRight(merchantId, 'void', right, actorOf(caller), reply);
  }

  @Put(':merchantId/refund-right')
  @Operation('setRefundRight', 'Freeze or restore the right to refund')
  @MayCall(['operator'])
  @Takes(RightBody)
  @Answers(200, RightAnswer)
  @Problems(404)
  refundRight(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Body(body(RightBody)) right: RightBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.setRight(merchantId, 'refund', right, actorOf(caller), reply);
  }

  @Get(':merchantId/supervisors')
  @Operation('listSupervisors', 'The supervisors of a merchant, and which of them are locked')
  @MayCall(['merchant', 'operator', 'auditor'])
  @Answers(200, SupervisorsAnswer)
  @Problems(404)
  async supervisors(@Param(parameters(MerchantPath)) { merchantId }: MerchantPath) {
    return supervisorsOf(await knownMerchant(this.merchants.current(merchantId)));
  }

  @Put(':merchantId/supervisors/:supervisorId')
  @Operation('putSupervisor', 'Name a supervisor, or set the password anew, which unlocks')
  @MayCall(['merchant', 'operator'])
  @Takes(SupervisorBody)
  @Answers(200, SupervisorAnswer)
  @Answers(201, SupervisorAnswer)
  @Problems(404)
  async supervisor(
    @Param(parameters(SupervisorPath)) { merchantId, supervisorId }: SupervisorPath,
    @Body(body(SupervisorBody)) settings: SupervisorBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const by = actorOf(caller);
    const outcome = await this.merchants.setSupervisor(merchantId, supervisorId, settings, by);
    return answer(reply, outcome, 200, ({ created, position }) => {
      if (created) void reply.status(201);
      return { merchantId, supervisorId, name: settings.name, responseCode: '00', position };
    });
  }

  @Put(':merchantId/payout-right')
  @Operation('setPayoutRight', 'Freeze or restore payouts')
  @MayCall(['operator'])
  @Takes(RightBody)
  @Answers(200, RightAnswer)
  @Problems(404, 503)
  payoutRight(
    @Param(parameters(MerchantPath)) { merchantId }: MerchantPath,
    @Body(body(RightBody)) right: RightBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.setRight(merchantId, 'payout', right, actorOf(caller), reply);
  }

  private async setRight(
    merchantId: string,
    right: Right,
    { status, reason }: RightBody,
    by: Actor,
    reply: FastifyReply,
  ) {
    const set = await this.merchants.setRight(merchantId, right, status, reason, by);
    return answer(reply, set, 200, ({ position }) => {
      return { merchantId, right, status, responseCode: '00', position };
    });
  }
}
