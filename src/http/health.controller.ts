import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AnyoneMayCall, MayCall } from '../access/may-call.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { Views } from '../projections/views.js';
import { NestedList, OneOf, Optional, Text } from './fields.js';
import { Metrics } from './metrics.js';
import { Answers, Operation } from './open-api.js';
import { Readiness } from './readiness.js';

/** A store that has not answered a probe by then hangs. */
const PATIENCE_MS = 2_000;

export class LiveAnswer {
  @OneOf(['live']) status!: string;
}

export class PartDto {
  @Text() name!: string;
  @OneOf(['ready', 'not-ready']) status!: string;
  @Optional() @Text() reason?: string;
}

export class ReadyAnswer {
  @OneOf(['ready', 'not-ready']) status!: string;
  @NestedList(() => PartDto) parts!: PartDto[];
}

/** Probes and figures for whoever runs the service. */
@Controller()
export class HealthController {
  constructor(
    private readonly views: Views,
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  @Get('health/live')
  @Operation('getLiveness', 'Whether the process runs')
  @AnyoneMayCall()
  @Answers(200, LiveAnswer)
  live(): LiveAnswer {
    return { status: 'live' };
  }

  /** Ready once the store answers and takes events, the views follow it, and until the service is told to stop. */
  @Get('health/ready')
  @Operation('getReadiness', 'Whether requests should be sent here')
  @AnyoneMayCall()
  @Answers(200, ReadyAnswer)
  @Answers(503, ReadyAnswer)
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyAnswer> {
    this.readiness.probed();
    const parts = [part('service', this.readiness.reason()), await this.storePart()];
    for (const { name, reason, due } of this.views.state()) {
      const unfinished = due === undefined ? undefined : `it has not reached position ${due}`;
      parts.push(part(`view ${name}`, reason ?? unfinished));
    }
    const isReady = parts.every(({ status }) => status === 'ready');
    void reply.status(isReady ? 200 : 503);
    return { status: isReady ? 'ready' : 'not-ready', parts };
  }

  private async storePart(): Promise<PartDto> {
    try {
      const late = pause(PATIENCE_MS, 'late' as const, { ref: false });
      const isLate = (await Promise.race([this.store.head(), late])) === 'late';
      const hangs = `no answer within ${PATIENCE_MS} ms`;
      return part('event store', isLate ? hangs : this.readiness.storeFault());
    } catch (error) {
      return part('event store', (error as Error).message);
    }
  }

  @Get('metrics')
  @Operation('getMetrics', 'Figures for Prometheus')
  @MayCall(['operator', 'auditor'])
  @ApiProduces('text/plain')
  @ApiResponse({
    status: 200,
    description: 'Prometheus text',
    content: { 'text/plain': { schema: { type: 'string' } } },
  })
  async prometheus(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(this.metrics.contentType);
    return this.metrics.text();
  }
}

function part(name: string, reason: string | undefined): PartDto {
  return reason === undefined ? { name, status: 'ready' } : { name, status: 'not-ready', reason };
}
