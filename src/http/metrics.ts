import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type EventStore, StoreUnavailableError } from '../event-store/event-store.js';
import { lagAt } from '../projections/progress.js';
import type { Views } from '../projections/views.js';
import type { Reply } from './problem.js';

/** A store that does not answer may take as long to fail as Prometheus waits for all the figures. */
const PATIENCE_MS = 2_000;

/** Figures for Prometheus: requests by route and result, appends to the log, and how far views are behind. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests: Histogram<'method' | 'route' | 'status'>;
  private readonly commands: Counter<'kind' | 'result'>;
  private readonly appends: Histogram<'result'>;
  private readonly lags: Gauge<'view'>;
  private readonly positions: Gauge<'view'>;
  private readonly stopped: Gauge<'view'>;

  constructor(
    private readonly views: Pick<Views, 'state'>,
    private readonly store: Pick<EventStore, 'head'>,
  ) {
    collectDefaultMetrics({ register: this.registry });
    // Gauges with the name of a counter, which Prometheus' own check refuses.
    for (const what of ['handles', 'requests', 'resources']) {
      this.registry.removeSingleMetric(`nodejs_active_${what}_total`);
    }
    this.requests = new Histogram({
      name: 'tillbook_http_request_duration_seconds',
      help: 'Time from a request to its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers: [this.registry],
    });
    this.commands = new Counter({
      name: 'tillbook_commands_total',
      help: 'Commands by the operationId of their route, and by what came of them: done, repeated, or the code of the problem.',
      labelNames: ['kind', 'result'],
      registers: [this.registry],
    });
    this.appends = new Histogram({
      name: 'tillbook_append_duration_seconds',
      help: 'Time until an append to the log is on the disk, or has failed.',
      labelNames: ['result'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers: [this.registry],
    });
    this.lags = new Gauge({
      name: 'tillbook_view_lag',
      help: 'How many positions a view is behind the log.',
      labelNames: ['view'],
      registers: [this.registry],
    });
    this.positions = new Gauge({
      name: 'tillbook_view_position',
      help: 'Position of the log that a view has reached; head is the log itself.',
      labelNames: ['view'],
      registers: [this.registry],
    });
    this.stopped = new Gauge({
      name: 'tillbook_view_stopped',
      help: '1 for a view that has met an event it can not digest.',
      labelNames: ['view'],
      registers: [this.registry],
    });
  }

  /**
   * Times every answer by its route's pattern, so that names in addresses make no series of their own, and counts what
   * came of each command: of whatever is no mere reading.
   */
  watch(fastify: FastifyInstance): void {
    fastify.decorateReply('result', null);
    fastify.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'none';
      const status = String(reply.statusCode);
      this.requests.observe({ method: request.method, route, status }, reply.elapsedTime / 1_000);
      const { operationId } = request.routeOptions.config;
      if (operationId !== undefined && !isReading(request)) this.command(operationId, reply);
      done();
    });
  }

  /** Counts a command. `kind`: the operationId of its route */
  command(kind: string, { result }: Pick<Reply, 'result'>): void {
    this.commands.inc({ kind, result: result ?? 'done' });
  }

  /** Times an append. */
  appended(seconds: number, fault: unknown): void {
    this.appends.observe({ result: fault === undefined ? 'done' : 'failed' }, seconds);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All figures as they are now. */
  async text(): Promise<string> {
    await this.lookAtViews();
    return this.registry.metrics();
  }

  /** Where the log ends is asked once, so that a view's lag is just what its position lacks. */
  private async lookAtViews(): Promise<void> {
    const head = await headOf(this.store);
    this.lags.reset();
    this.positions.reset();
    if (head !== undefined) this.positions.set({ view: 'head' }, head);
    for (const { name: view, position, stoppedBy } of this.views.state()) {
      if (head !== undefined) this.lags.set({ view }, lagAt(position, head));
      this.positions.set({ view }, Number(position));
      this.stopped.set({ view }, stoppedBy === undefined ? 0 : 1);
    }
  }
}

/** Undefined while the store is away: figures are wanted most then, and the others need no store. */
async function headOf(store: Pick<EventStore, 'head'>): Promise<number | undefined> {
  try {
    const late = delay(PATIENCE_MS, undefined, { ref: false });
    return await Promise.race([store.head().then(Number), late]);
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined;
    throw error;
  }
}

function isReading({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}
