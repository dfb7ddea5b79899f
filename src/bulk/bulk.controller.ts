import { Readable } from 'node:stream';
import { Controller, HttpCode, Post, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { By, type Caller } from '../access/caller.js';
import { Gate } from '../access/gate.js';
import { MayCall } from '../access/may-call.js';
import { Metrics } from '../http/metrics.js';
import { Operation, Problems } from '../http/open-api.js';
import { ProblemError, problems } from '../http/problem.js';
import { Readiness } from '../http/readiness.js';
import { TerminalRequests } from '../sales/terminal-requests.js';
import { Bulk } from './bulk.js';
import { BulkLineAnswer } from './bulk.dto.js';

const NDJSON = 'application/x-ndjson';

/** A line that is sent: beside these fields, those of the route of its own. */
const LINE = {
  type: 'object',
  required: ['op'],
  properties: {
    op: { type: 'string', enum: ['sale', 'void', 'refund', 'reversal'] },
    saleId: { type: 'string', description: 'Of every op but sale' },
  },
};
const ANSWER = { $ref: `#/components/schemas/${BulkLineAnswer.name}` };

@Controller('v1/bulk')
export class BulkController {
  private readonly bulk: Bulk;

  constructor(
    requests: TerminalRequests,
    metrics: Metrics,
    private readonly gate: Gate,
    private readonly readiness: Readiness,
  ) {
    this.bulk = new Bulk(requests, metrics);
  }

  @Post()
  @HttpCode(200)
  @Operation('bulk', 'Commands line by line, each answered on a line of its own, in order')
  @MayCall(['terminal', 'merchant', 'operator'], 'lines')
  @ApiConsumes(NDJSON)
  @ApiBody({ required: true, description: 'One a line', schema: LINE })
  @ApiResponse({
    status: 200,
    description: 'One a line',
    content: { [NDJSON]: { schema: ANSWER } },
  })
  @Problems(413, 415)
  send(
    @Req() request: FastifyRequest,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): StreamableFile {
    if (!(request.body instanceof Readable)) throw new ProblemError(problems.unreadable(415));
    void reply.type(`${NDJSON}; charset=utf-8`);
    const answers = this.bulk.answers(request.body as AsyncIterable<Buffer>, {
      caller,
      isAdmitted: () => this.gate.stillAdmits(caller),
      isCutting: () => this.readiness.isCutting(),
      log: request.log,
    });
    return new StreamableFile(Readable.from(answers, { objectMode: false }));
  }
}
