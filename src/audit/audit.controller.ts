import { Controller, Get, Query } from '@nestjs/common';
import { MayCall } from '../access/may-call.js';
import type { Position as LogPosition } from '../event-store/event-store.js';
import { parameters } from '../http/checked.pipe.js';
import {
  Identifier,
  Nested,
  NestedList,
  Numeral,
  OpenObject,
  Optional,
  Position,
  Text,
  Timestamp,
  Whole,
} from '../http/fields.js';
import { Answers, Operation, Problems } from '../http/open-api.js';
import type { LedgerEvent } from '../ledger/domain/ledger-event.js';
import { ActorDto } from '../sales/sales.dto.js';
import { AuditQueries } from './audit.queries.js';

const DEFAULT_LIMIT = 100;

export class TrailQueryDto {
  @Optional() @Position() after?: string;
  @Optional() @Whole(1, 1_000) limit?: number;
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @Text() saleId?: string;
  @Optional() @Identifier(40) type?: string;
}

export class TrailEventDto {
  @Position() position!: string;
  @Text() stream!: string;
  @Numeral() revision!: number;
  @Text() id!: string;
  @Text() type!: string;
  @Timestamp() occurredAt!: string;
  @Timestamp() recordedAt!: string;
  @Nested(() => ActorDto) by!: ActorDto;
  @OpenObject() data!: object;
}

export class TrailAnswer {
  @NestedList(() => TrailEventDto) events!: TrailEventDto[];
  @Optional() @Position() next?: string;
}

@Controller('v1/audit')
export class AuditController {
  constructor(private readonly queries: AuditQueries) {}

  @Get('events')
  @Operation('getEvents', 'The trail: every event in the order of the log')
  @MayCall(['operator', 'auditor'])
  @Answers(200, TrailAnswer)
  @Problems()
  async events(@Query(parameters(TrailQueryDto)) query: TrailQueryDto): Promise<TrailAnswer> {
    const { after, limit = DEFAULT_LIMIT, ...filters } = query;
    const page = await this.queries.page({
      ...filters,
      after: after as LogPosition | undefined,
      limit,
    });
    return {
      events: page.events.map(({ event, ...recorded }) => ({
        ...recorded,
        type: event.type,
        occurredAt: event.data.occurredAt,
        data: shown(event),
      })),
      ...(page.next !== undefined && { next: page.next }),
    };
  }
}

/** What an event says, but for the hashes of passwords: short ones could be guessed from them. */
function shown(event: LedgerEvent): object {
  if (event.type !== 'SupervisorSet') return event.data;
  const { merchantId, supervisorId, name, occurredAt } = event.data;
  return { merchantId, supervisorId, name, occurredAt };
}
