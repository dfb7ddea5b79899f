import { describe, expect, test } from '@jest/globals';
import {
  type Position,
  StoreUnavailableError,
  toPosition,
} from '../../../src/event-store/event-store.js';
import { Metrics } from '../../../src/http/metrics.js';
import type { ProjectionState } from '../../../src/projections/views.js';

describe('the figures of a node whose store goes away', () => {
  const sales = { name: 'sales', position: toPosition(7) } as ProjectionState;
  const away = new StoreUnavailableError('the store is away', 'not-done');
  const answers = (): Promise<Position> => Promise.resolve(toPosition(9));
  const store = { head: answers };
  const metrics = new Metrics({ state: () => [sales] }, store);

  test.each([
    ['fails', () => Promise.reject(away)],
    ['does not answer', () => new Promise<never>(() => undefined)],
  ])(
    'leave out what only the log can tell when it %s, and come back with it',
    async (_how, fails) => {
      store.head = answers;
      expect(await metrics.text()).toContain('tillbook_view_lag{view="sales"} 2');

      store.head = fails;
      metrics.appended(0.01, away);
      const text = await metrics.text();
      expect(text).not.toMatch(/^tillbook_view_lag\{/m);
      expect(text).not.toContain('view="head"');
      expect(text).toContain('tillbook_view_position{view="sales"} 7');
      expect(text).toContain('tillbook_view_stopped{view="sales"} 0');
      expect(text).toContain('tillbook_append_duration_seconds_count{result="failed"}');
      expect(text).toContain('process_cpu_seconds_total');

      store.head = answers;
      expect(await metrics.text()).toContain('tillbook_view_position{view="head"} 9');
    },
  );
});

test('a view is never ahead of the log, and one that has stopped is told', async () => {
  const ahead = { name: 'sales', position: toPosition(9) } as ProjectionState;
  const stopped = { name: 'books', position: toPosition(3), stoppedBy: {} } as ProjectionState;
  const store = { head: () => Promise.resolve(toPosition(7)) };
  const text = await new Metrics({ state: () => [ahead, stopped] }, store).text();
  expect(text).toContain('tillbook_view_lag{view="sales"} 0');
  expect(text).toContain('tillbook_view_lag{view="books"} 4');
  expect(text).toContain('tillbook_view_stopped{view="sales"} 0');
  expect(text).toContain('tillbook_view_stopped{view="books"} 1');
});

test('a view’s lag is what its position lacks, also while the log grows', async () => {
  const sales = { name: 'sales', position: toPosition(3) } as ProjectionState;
  let head = 7;
  const store = { head: () => Promise.resolve(toPosition((head += 1))) };
  const text = await new Metrics({ state: () => [sales] }, store).text();
  expect(text).toContain('tillbook_view_position{view="head"} 8');
  expect(text).toContain('tillbook_view_lag{view="sales"} 5');
});
