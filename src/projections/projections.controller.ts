import { setTimeout as pause } from 'node:timers/promises';
import { Body, Controller, Delete, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BehaviorSubject } from 'rxjs';
import { actorOf, By, type Caller } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import type { EventStore } from '../event-store/event-store.js';
import { EVENT_STORE } from '../event-store/event-store.js';
import { body, parameters, refuseBody } from '../http/checked.pipe.js';
import { exactly, exactText } from '../http/json.js';
import { negotiated } from '../http/negotiated.js';
import { Answers, AnswersAlso, Operation, Problems, Takes } from '../http/open-api.js';
import { answer, type Problem, ProblemError, problems } from '../http/problem.js';
import { type ServerEvent, Streams } from '../http/streams.js';
import {
  ProjectionPath,
  ProjectionsAnswer,
  RebuildAnswer,
  renderProjection,
  renderRebuild,
  SkipAnswer,
  SkipBody,
} from './projections.dto.js';
import { hasEnded, RebuildRunningError, type RebuildState } from './rebuild/rebuilds.js';
import { SkipCommandHandler } from './skip.command-handler.js';
import { Views } from './views.js';

const PROGRESS_EVERY_MS = 250;

const UNKNOWN = { en: 'There is no such view.', zh: '无此视图。' };
const NEVER_REBUILT = { en: 'The view has not been rebuilt.', zh: '该视图未曾重建。' };

@Controller('v1/projections')
export class ProjectionsController {
  constructor(
    private readonly views: Views,
    private readonly skips: SkipCommandHandler,
    private readonly streams: Streams,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  @Get()
  @Operation('getProjections', 'The read models and how far they are')
  @MayCall(['operator', 'auditor'])
  @Answers(200, ProjectionsAnswer)
  @Problems()
  async projections(): Promise<ProjectionsAnswer> {
    const head = await this.store.head();
    return { projections: this.views.state().map((state) => renderProjection(state, head)) };
  }

  /** Builds the view anew beside the live one, compares the two, and lets the new one take over. */
  @Post(':name/rebuild')
  @MayCall(['operator'])
  @Operation('rebuildProjection', 'Build a read model anew beside the live one')
  @Answers(202, RebuildAnswer, ['Location'])
  @Problems(404, 409, 413, 415)
  rebuild(
    @Param(parameters(ProjectionPath)) { name }: ProjectionPath,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): string {
    refuseBody(request.body);
    this.known(name);
    const started = this.start(name);
    void reply.status(202).header('Location', `/v1/projections/${name}/rebuild`);
    return exactly(reply, renderRebuild(started));
  }

  /** How far the last rebuild is; as an event stream, until it ends. */
  @Get(':name/rebuild')
  @MayCall(['operator', 'auditor'])
  @Operation('getRebuild', 'How far the rebuild of a read model is')
  @AnswersAlso(200, RebuildAnswer, { 'text/event-stream': 'text' })
  @Problems(404)
  async progress(
    @Param(parameters(ProjectionPath)) { name }: ProjectionPath,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.known(name);
    const state = this.views.rebuilds.watch(name);
    if (!state) throw new ProblemError(problems.unknown(NEVER_REBUILT));
    if (negotiated(reply, ['application/json', 'text/event-stream']) === 'text/event-stream') {
      await this.streams.events(reply, (signal) => progressEvents(state, signal));
    } else {
      await reply.send(exactly(reply, renderRebuild(state.value)));
    }
  }

  /** Ends a rebuild: nothing is left of it, and the live view was never touched. */
  @Delete(':name/rebuild')
  @MayCall(['operator'])
  @Operation('cancelRebuild', 'Cancel the rebuild of a read model')
  @Answers(200, RebuildAnswer)
  @Problems(404, 413, 415)
  async cancel(
    @Param(parameters(ProjectionPath)) { name }: ProjectionPath,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    refuseBody(request.body);
    this.known(name);
    const ended = await this.views.rebuilds.cancel(name);
    if (!ended) throw new ProblemError(problems.unknown(NEVER_REBUILT));
    return exactly(reply, renderRebuild(ended));
  }

  /** Decides, for the record, that a stopped view leaves out the event that it stopped at. */
  @Post(':name/skips')
  @MayCall(['operator'])
  @Operation('skipEvent', 'Let a stopped read model leave out the event that it stopped at')
  @Takes(SkipBody)
  @Answers(201, SkipAnswer, ['Idempotency-Replayed'])
  @Problems(404, 409)
  async skip(
    @Param(parameters(ProjectionPath)) { name }: ProjectionPath,
    @Body(body(SkipBody)) decision: SkipBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SkipAnswer | Problem> {
    const outcome = await this.skips.skip({ name, ...decision }, actorOf(caller));
    if (outcome === 'unknown-projection') throw new ProblemError(problems.unknown(UNKNOWN));
    if (outcome === 'not-stopped-there') {
      throw new ProblemError(problems.notStoppedThere(this.stopOf(name)));
    }
    const done = { answer: outcome, replayed: outcome.replayed };
    return answer(reply, done, 201, ({ skipped: { position: skipped, ...rest }, position }) => ({
      ...rest,
      skipped,
      position,
      responseCode: '00',
    }));
  }

  private stopOf(name: string): string | undefined {
    return this.views.state().find((view) => view.name === name)?.stop?.at?.position;
  }

  private known(name: string): void {
    if (this.views.state().some((view) => view.name === name)) return;
    throw new ProblemError(problems.unknown(UNKNOWN));
  }

  private start(name: string): RebuildState {
    try {
      return this.views.rebuilds.start(name);
    } catch (error) {
      if (!(error instanceof RebuildRunningError)) throw error;
      throw new ProblemError(problems.rebuildRunning(error.state));
    }
  }
}

async function* progressEvents(
  progress: BehaviorSubject<RebuildState>,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent[]> {
  let told: RebuildState | undefined;
  for (;;) {
    const state = progress.value;
    if (state !== told) yield [{ event: 'rebuild', data: exactText(renderRebuild(state)) }];
    told = state;
    if (hasEnded(state)) return;
    await pause(PROGRESS_EVERY_MS, undefined, { signal });
  }
}
