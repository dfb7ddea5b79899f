import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { MayCall } from '../access/may-call.js';
import { parameters } from '../http/checked.pipe.js';
import { Answers, Operation, Problems } from '../http/open-api.js';
import { problems, sendProblem } from '../http/problem.js';
import { requestName } from '../ledger/domain/request-name.js';
import { RequestQueries } from './request.queries.js';
import { RequestPath, RequestStateAnswer } from './sales.dto.js';
import { renderRequest } from './sales.render.js';

@Controller('v1/requests')
export class RequestsController {
  constructor(private readonly queries: RequestQueries) {}

  @Get(':merchantId/:terminalId/:batchNo/:stan')
  @Operation('getRequest', 'What became of a request')
  @MayCall(['terminal', 'merchant', 'operator', 'auditor'])
  @Answers(200, RequestStateAnswer)
  @Problems(404)
  async request(
    @Param(parameters(RequestPath)) path: RequestPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const state = await this.queries.request(requestName(path));
    if (state) return renderRequest(state);
    const message = { en: 'No request was sent under this name.', zh: '该交易号未使用过。' };
    return sendProblem(reply, problems.unknown(message));
  }
}
