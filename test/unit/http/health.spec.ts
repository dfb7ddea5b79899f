import { expect, test } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import type { EventStore } from '../../../src/event-store/event-store.js';
import { HealthController } from '../../../src/http/health.controller.js';
import type { Metrics } from '../../../src/http/metrics.js';
import { Readiness } from '../../../src/http/readiness.js';
import type { Views } from '../../../src/projections/views.js';

test('a store that does not answer is not ready, and a probe does not wait for it', async () => {
  const readiness = new Readiness();
  readiness.started();
  const views = { state: () => [] } as unknown as Views;
  const store = { head: () => new Promise(() => undefined) } as unknown as EventStore;
  const health = new HealthController(views, readiness, {} as Metrics, store);
  const statuses: number[] = [];
  const reply = { status: (code: number) => statuses.push(code) } as unknown as FastifyReply;

  const { status, parts } = await health.ready(reply);

  expect([status, statuses]).toEqual(['not-ready', [503]]);
  expect(parts).toEqual([
    { name: 'service', status: 'ready' },
    { name: 'event store', status: 'not-ready', reason: 'no answer within 2000 ms' },
  ]);
});
