import { Controller, Get, Inject } from '@nestjs/common';
import { MayCall } from '../access/may-call.js';
import type { EventStore } from '../event-store/event-store.js';
import { EVENT_STORE } from '../event-store/event-store.js';
import { NestedList, OneOf, Optional, Position, Text, Whole } from '../http/fields.js';
import { Answers, Operation, Problems } from '../http/open-api.js';
import { Views } from './views.js';

export class ProjectionDto {
  @Text() name!: string;
  @Whole(1, 1_000_000) version!: number;
  @OneOf(['following', 'stopped']) status!: string;
  @Position() position!: string;
  @Position() head!: string;
  @Optional() @Text() reason?: string;
}

export class ProjectionsAnswer {
  @NestedList(() => ProjectionDto) projections!: ProjectionDto[];
}

@Controller('v1/projections')
export class ProjectionsController {
  constructor(
    private readonly views: Views,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  @Get()
  @Operation('getProjections', 'The read models and how far they are')
  @MayCall(['operator', 'auditor'])
  @Answers(200, ProjectionsAnswer)
  @Problems()
  async projections(): Promise<ProjectionsAnswer> {
    const head = await this.store.head();
    const projections = this.views.state().map(({ name, version, position, stoppedBy }) => ({
      name,
      version,
      status: stoppedBy === undefined ? 'following' : 'stopped',
      position,
      head,
      ...(stoppedBy !== undefined && { reason: stoppedBy }),
    }));
    return { projections };
  }
}
