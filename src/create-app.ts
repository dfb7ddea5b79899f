import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { type FastifyInstance, LogController } from 'fastify';
import { AppModule } from './app.module.js';
import { DayCloseScheduler } from './batches/day-close.scheduler.js';
import type { Settings } from './config.js';
import { EVENT_STORE } from './event-store/event-store.js';
import type { OwnedEventStore } from './event-store/open-event-store.js';
import { compileChecks } from './http/checked.pipe.js';
import { readJsonExactly } from './http/json.js';
import { Metrics } from './http/metrics.js';
import { completed } from './http/open-api.js';
import { ProblemFilter } from './http/problem.filter.js';
import { Readiness } from './http/readiness.js';

const BODY_LIMIT = 1024 * 1024;

/** Starts the service. Resolves with the application and its address once it listens. @throws as AppModule.open */
export async function createApp(
  settings: Settings,
): Promise<{ app: NestFastifyApplication; url: string }> {
  const module = await AppModule.open(settings);
  const adapter = new FastifyAdapter({
    logger: { level: settings.LOG_LEVEL },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 128 },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger: ['fatal', 'error', 'warn'],
    abortOnError: false,
  });
  const fastify: FastifyInstance = adapter.getInstance();
  readJsonExactly(fastify);
  app.get(Metrics).watch(fastify);
  app.useGlobalFilters(new ProblemFilter());
  describe(app);
  compileChecks();
  await app.listen(settings.PORT, settings.HOST);
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  app.get<OwnedEventStore>(EVENT_STORE).announce(url);
  const scheduler = app.get(DayCloseScheduler);
  scheduler.start((error) => {
    fastify.log.error({ err: error }, 'a batch could not be closed yet');
  });
  app.get(Readiness).started();
  return { app, url };
}

/** The OpenAPI document at /openapi.json, and a page to try it on at /docs. */
function describe(app: NestFastifyApplication): void {
  const about = new DocumentBuilder()
    .setTitle('Tillbook')
    .setDescription('A ledger for card sales and their reversals')
    .setVersion('1')
    .build();
  SwaggerModule.setup('docs', app, () => completed(SwaggerModule.createDocument(app, about)), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
  });
}
