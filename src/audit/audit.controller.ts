import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { MayCall } from '../access/may-call.js';
import {
  isPosition,
  POSITION_DIGITS,
  type Position as LogPosition,
} from '../event-store/event-store.js';
import { parameters } from '../http/checked.pipe.js';
import {
  Identifier,
  Nested,
  NestedList,
  Numeral,
  OneOf,
  OpenObject,
  Optional,
  Position,
  Text,
  Timestamp,
  Told,
  Whole,
} from '../http/fields.js';
import { negotiated } from '../http/negotiated.js';
import { AnswersAlso, Operation, Problems } from '../http/open-api.js';
import { DEFAULT_LIMIT } from '../http/paging.js';
import { malformed } from '../http/problem.js';
import { refuseBackwards } from '../http/span.js';
import { type ServerEvent, Streams } from '../http/streams.js';
import { EVENT_TYPES } from '../ledger/event-codec.js';
import { ActorDto } from '../sales/sales.dto.js';
import { AuditQueries, type TrailEntry, type TrailFilter } from './audit.queries.js';

export class TrailListQuery {
  @Optional()
  @Told('The position behind which the answer begins: `next` of the page before, or of an event')
  @Position()
  after?: string;
  @Optional()
  @Told(`Events of a page at the most; ${DEFAULT_LIMIT} without it. Of a page alone`)
  @Whole(1, 1_000)
  limit?: number;
  @Optional() @Told('Only events of this merchant') @Identifier(15) merchantId?: string;
  @Optional() @Told('Only events of this sale') @Text() saleId?: string;
  @Optional() @Told('Only events of this terminal') @Identifier(8) terminalId?: string;
  @Optional() @Told('Only events of this type') @OneOf(EVENT_TYPES) type?: string;
  @Optional() @Told('Only events that occurred at this time or later') @Timestamp() from?: string;
  @Optional() @Told('Only events that occurred before this time') @Timestamp() to?: string;
}

export class TrailEventDto {
  @Position() position!: string;
  @Text() stream!: string;
  @Numeral() revision!: number;
  @Text() id!: string;
  @Text() type!: string;
  @Optional() @Timestamp() occurredAt?: string | undefined;
  @Optional() @Timestamp() recordedAt?: string | undefined;
  @Optional() @Nested(() => ActorDto) by?: ActorDto | undefined;
  /** The request, batch, merchant or card that it belongs to. */
  @Optional() @Text() request?: string | undefined;
  /** Id of the event that led to it. */
  @Optional() @Text() causationId?: string | undefined;
  @OpenObject() data!: object;
}

export class TrailAnswer {
  @NestedList(() => TrailEventDto) events!: TrailEventDto[];
  @Optional() @Position() next?: string;
}

const KINDS = ['application/json', 'application/x-ndjson', 'text/event-stream'] as const;

@Controller('v1/audit')
export class AuditController {
  constructor(
    private readonly queries: AuditQueries,
    private readonly streams: Streams,
  ) {}

  /** A page; as NDJSON all of it, as it is now; as an event stream all of it and then what comes. */
  @Get('events')
  @Operation('getEvents', 'The trail: every event in the order of the log')
  @MayCall(['operator', 'auditor'])
  @ApiHeader({
    name: 'Last-Event-ID',
    description:
      'The id of the last event that was read from an event stream: it goes on behind it',
    schema: { type: 'string', pattern: `^\\d{${POSITION_DIGITS}}$` },
  })
  @AnswersAlso(200, TrailAnswer, {
    'application/x-ndjson': TrailEventDto,
    'text/event-stream': 'text',
  })
  @Problems()
  async events(
    @Query(parameters(TrailListQuery)) query: TrailListQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { limit = DEFAULT_LIMIT, from, to, ...names } = query;
    const after = query.after as LogPosition | undefined;
    const filter: TrailFilter = { ...names, from: timeOf(from), to: timeOf(to) };
    refuseBackwards(filter.from, filter.to);
    const kind = negotiated(reply, KINDS);
    if (kind === 'text/event-stream') {
      const last = lastEventId === undefined ? after : positionIn(lastEventId);
      await this.streams.events(reply, (signal) =>
        serverEvents(this.queries.live(last, filter, signal)),
      );
    } else if (kind === 'application/x-ndjson') {
      this.streams.text(reply, 'application/x-ndjson; charset=utf-8', () =>
        lines(this.queries.all(after, filter)),
      );
    } else {
      await reply.send(await this.queries.page({ ...filter, after, limit }));
    }
  }
}

/** Of an event that was told before. @throws ProblemError for anything else */
function positionIn(lastEventId: string): LogPosition {
  if (isPosition(lastEventId)) return lastEventId;
  throw malformed('Last-Event-ID', 'is not the id of an event of the trail');
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

async function* lines(pages: AsyncIterable<TrailEntry[]>): AsyncGenerator<string> {
  for await (const page of pages) {
    if (page.length > 0) yield page.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  }
}

async function* serverEvents(pages: AsyncIterable<TrailEntry[]>): AsyncGenerator<ServerEvent[]> {
  for await (const page of pages) {
    yield page.map((entry) => ({
      id: entry.position,
      event: entry.type,
      data: JSON.stringify(entry),
    }));
  }
}
