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

  constructor(views: Pick<Views, 'state'>, store: Pick<EventStore, 'head'>) {
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
    new Gauge({
      name: 'tillbook_view_lag',
      help: 'How many positions a view is behind the log.',
      labelNames: ['view'],
      registers: [this.registry],
      async collect() {
        this.reset();
        const head = await headOf(store);
        if (head === undefined) return;
        for (const { name, position } of views.state()) {
          this.set({ view: name }, lagAt(position, head));
        }
      },
    });
    new Gauge({
      name: 'tillbook_view_position',
      help: 'Position of the log that a view has reached; head is the log itself.',
      labelNames: ['view'],
      registers: [this.registry],
      async collect() {
        this.reset();
        const head = await headOf(store);
        if (head !== undefined) this.set({ view: 'head' }, head);
        for (const { name, position } of views.state()) this.set({ view: name }, Number(position));
      },
    });
    new Gauge({
      name: 'tillbook_view_stopped',
      help: '1 for a view that has met an event it can not digest.',
      labelNames: ['view'],
      registers: [this.registry],
      collect() {
        for (const { name, stoppedBy } of views.state()) {
          this.set({ view: name }, stoppedBy === undefined ? 0 : 1);
        }
      },
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

  text(): Promise<string> {
    return this.registry.metrics();
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
