import 'reflect-metadata';
import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { Gate, requireRules } from './access/gate.js';
import { AppModule } from './app.module.js';
import { HeadSigner } from './audit/head-signer.js';
import { makeFolders, type Settings, SettingsError } from './config.js';
import { EVENT_STORE } from './event-store/event-store.js';
import type { OwnedEventStore } from './event-store/open-event-store.js';
import { refuseStrayQueries } from './http/checked.pipe.js';
import { Connections } from './http/connections.js';
import { readJsonExactly } from './http/json.js';
import { KnownRoutes } from './http/known-routes.js';
import { Metrics } from './http/metrics.js';
import { openApiOf } from './http/open-api-document.js';
import { ProblemFilter } from './http/problem.filter.js';
import { Readiness } from './http/readiness.js';
import { Streams } from './http/streams.js';
import { httpAdapter, limitBodies, refuseUnmet, secure } from './http/server.js';
import { trace } from './http/tracing.js';
import { DueWork } from './ledger/due-work.js';
import { isForLater, Views } from './projections/views.js';
import { listenForFaults } from './sandbox/faults.js';

/** How long a service that was told to stop goes on answering while requests keep coming, or may. */
const DRAIN_MS = 5_000;

/** How long answers that are being made may then still take. */
const LAST_ANSWERS_MS = 20_000;

/** A service that listens. */
export interface Started {
  readonly app: NestFastifyApplication;
  readonly url: string;
  /** Resolves with why the process is of no use any more: a thread of the log or of the views is lost, with what it held. */
  readonly lost: Promise<Error>;
}

/**
 * Starts the service. Resolves once it listens.
 * @throws SettingsError; else as AppModule.open
 */
export async function createApp(settings: Settings): Promise<Started> {
  makeFolders(settings);
  const module = await AppModule.open(settings);
  const adapter = httpAdapter(settings);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    // What goes wrong is told by who started it, and in the log of requests.
    logger: false,
    abortOnError: false,
  });
  const fastify: FastifyInstance = adapter.getInstance();
  trace(fastify);
  secure(fastify);
  limitBodies(fastify, settings);
  readJsonExactly(fastify);
  requireRules(fastify);
  if (settings.AUTH === 'keys') app.get(Gate).guard(fastify);
  refuseUnmet(fastify);
  refuseStrayQueries(fastify);
  app.get(Metrics).watch(fastify);
  if (settings.SANDBOX === 'on') listenForFaults(fastify);
  app.useGlobalFilters(new ProblemFilter(new KnownRoutes(fastify)));
  describe(app);
  app.get(Connections).watch(app.getHttpServer());
  const store = app.get<OwnedEventStore>(EVENT_STORE);
  const url = await listen(app, store, settings);
  app.get(DueWork).start(toLog(fastify, 'due work could not be done yet'));
  app.get(HeadSigner).start(toLog(fastify, 'the head of the trail could not be signed yet'));
  app.get(Readiness).started();
  const lost = [store.lost, app.get(Views).lost].filter((each) => each !== undefined);
  return { app, url, lost: Promise.race(lost) };
}

/** What is no fault of the work needs no stack. */
function toLog({ log }: FastifyInstance, what: string): (error: unknown) => void {
  return (error) => {
    if (isForLater(error)) log.warn({ reason: error.message }, what);
    else log.error({ err: error }, what);
  };
}

/** Ends the service: it says that it is not ready, answers what is on its way, then closes the store. */
export async function stopApp(app: NestFastifyApplication): Promise<void> {
  const readiness = app.get(Readiness);
  readiness.stopping(DRAIN_MS);
  app.get(Streams).end();
  const server: Server = app.getHttpServer();
  const leastMs = readiness.isProbed() ? DRAIN_MS : 0;
  await app.get(Connections).drained(server, { leastMs, mostMs: DRAIN_MS });
  const cutting = setTimeout(() => {
    server.closeAllConnections();
  }, LAST_ANSWERS_MS);
  await app.close();
  clearTimeout(cutting);
}

/** Gives where. @throws SettingsError for an address that is none of this machine's; StoreUnavailableError */
async function listen(
  app: NestFastifyApplication,
  store: OwnedEventStore,
  { HOST, PORT }: Settings,
): Promise<string> {
  try {
    await app.listen(PORT, HOST);
    const url = (await app.getUrl()).replace('[::1]', 'localhost');
    store.announce(url);
    return url;
  } catch (error) {
    await app.close();
    const { code, message } = error as NodeJS.ErrnoException;
    if (!NOT_AN_ADDRESS.has(code ?? '')) throw error;
    throw new SettingsError(
      `HOST is '${HOST}'; allowed: an address or a host name of this machine (${message})`,
    );
  }
}

const NOT_AN_ADDRESS = new Set(['ENOTFOUND', 'EADDRNOTAVAIL', 'EINVAL', 'EAI_AGAIN']);

/** The OpenAPI document at /openapi.json, and a page to try it on at /docs. */
function describe(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => openApiOf(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
  });
}
