import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { appendUnreadable } from '../support/card-events.js';
import { Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';
import { openStoreOf, runTool } from '../support/tool.js';
import type {
  ProjectionDto,
  ProjectionsAnswer,
  RebuildAnswer,
} from '../../src/projections/projections.dto.js';

/** As many sales as a list gives at once: on a busy machine more are taken before the rebuild, which gives way, is over. */
const PAGE = 1_000;

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
  shop = await Shop.open(ledger);
});

describe('a rebuild of a running service', () => {
  test('takes no body', async () => {
    const refused = await ledger.post('/v1/projections/books/rebuild', { verify: true });
    expect([refused.status, refused.body.code]).toEqual([400, 'malformed']);
    expect((await ledger.get('/v1/projections/books/rebuild')).status).toBe(404);
    const body = { reason: 'too slow' };
    const cancelled = await ledger.send('DELETE', '/v1/projections/books/rebuild', { body });
    expect([cancelled.status, cancelled.body.code]).toEqual([400, 'malformed']);
  });

  test('takes over while sales go on and lists are read, and nobody notices', async () => {
    await Promise.all(Array.from({ length: 200 }, () => shop.sell()));
    const over = new AbortController();
    const trade = (async () => {
      for (let sales = 200; !over.signal.aborted;) {
        const { position } = await shop.sell();
        sales += 1;
        const list = await ledger.get(`${shop.path}/sales?after=${position}&limit=${PAGE}`);
        expect([list.status, list.body.sales.length]).toEqual([200, Math.min(sales, PAGE)]);
      }
    })();
    const started = await ledger.post('/v1/projections/sales/rebuild');
    expect([started.status, started.body.name]).toEqual([202, 'sales']);
    const rebuilt = await ended('sales');
    over.abort();
    await trade;
    expect(rebuilt).toMatchObject({ status: 'done', compared: { differing: 0 } });
    expect(rebuilt.compared?.rows).toBeGreaterThanOrEqual(200);
    expect(await projection('sales')).toMatchObject({ generation: 2, status: 'following' });
    expect(viewFiles('sales')).toEqual(['view-sales.2.db']);
  });

  test('tells a second one of the first', async () => {
    const [first, second] = await Promise.all([
      ledger.post('/v1/projections/batches/rebuild'),
      ledger.post('/v1/projections/batches/rebuild'),
    ]);
    expect([first.status, second.status].sort()).toEqual([202, 409]);
    const refused = first.status === 409 ? first : second;
    expect(refused.body).toMatchObject({ code: 'rebuild-running', nextStep: 'wait' });
    await ended('batches');
  });

  test('is cancelled without a trace, or was over before', async () => {
    const before = await projection('books');
    await ledger.post('/v1/projections/books/rebuild');
    const { status, body } = await ledger.send('DELETE', '/v1/projections/books/rebuild');
    expect(status).toBe(200);
    const generation = body.status === 'done' ? before.generation + 1 : before.generation;
    expect(['cancelled', 'done']).toContain(body.status);
    expect(viewFiles('books')).toEqual([`view-books.${generation}.db`]);
  });

  test('tells its progress as an event stream that ends with it', async () => {
    await ledger.post('/v1/projections/sales/rebuild');
    const path = '/v1/projections/sales/rebuild';
    const { text, headers } = await ledger.get(path, { accept: 'text/event-stream' });
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/./),
    });
    const last = text.trimEnd().split('\n\n').at(-1) ?? '';
    expect(last).toMatch(/^event: rebuild\ndata: \{"name":"sales","status":"done"/);
  });

  test('that somebody else cancels is no success to the tool that waits for it', async () => {
    let run = { code: 0, errors: '', out: '' };
    const isCancelled = async (): Promise<boolean> => {
      const { body } = await ledger.send('DELETE', '/v1/projections/keys/rebuild');
      return body.status === 'cancelled';
    };
    for (let cancelled = false; !cancelled;) {
      const over = new AbortController();
      const waiting = runTool(ledger.service.folder, ['rebuild', 'keys']).finally(() => {
        over.abort();
      });
      while (!over.signal.aborted && !cancelled) cancelled = await isCancelled();
      run = await waiting;
    }
    expect(run).toMatchObject({
      code: 1,
      out: '',
      errors: expect.stringMatching(/^keys: cancelled$/m),
    });
  });

  test.each(['nothing', '..%2Fetc'])(
    'of a view that is not there, %s, is refused',
    async (name) => {
      for (const method of ['POST', 'GET', 'DELETE']) {
        const { status, body } = await ledger.send(method, `/v1/projections/${name}/rebuild`);
        expect([status, body.detail]).toEqual([404, 'There is no such view.']);
      }
    },
  );
});

describe('an event that views can not read', () => {
  test('stops them there, is shown everywhere, and is left out only by a recorded decision', async () => {
    ledger.close();
    await ledger.service.stop();
    const store = await openStoreOf(ledger.service.folder);
    await appendUnreadable(store);
    const poison = await store.head();
    await store.close();
    ledger = await Tillbook.start({ folder: ledger.service.folder, clock: 'running' });

    await until(async () => (await projection('sales')).status === 'stopped');
    const stopped = await projection('sales');
    expect(stopped.reason).toMatch(/event Forgotten .*its type is not known/);
    expect(stopped.stoppedAt).toMatchObject({ position: poison, type: 'Forgotten' });
    const ready = await ledger.get('/health/ready');
    expect(ready.status).toBe(503);
    expect(ready.body.parts).toContainEqual(
      expect.objectContaining({ name: 'view sales', status: 'not-ready' }),
    );
    expect((await ledger.get('/metrics')).text).toMatch(/tillbook_view_stopped\{view="sales"\} 1/);

    const asked = await ledger.get(`${shop.path}/sales?after=${poison}`);
    expect([asked.status, asked.body.code, asked.body.nextStep, asked.body.detail]).toEqual([
      503,
      'view-stopped',
      'contact-acquirer',
      'The view sales has stopped; an operator has to see to it.',
    ]);
    expect(asked.headers).not.toHaveProperty('retry-after');
    const [sale] = (await ledger.get(`${shop.path}/sales?limit=1`)).body.sales;
    const voidability = await ledger.get(`/v1/sales/${String(sale?.['saleId'])}/voidability`);
    expect(voidability.status).toBe(200);
    const batch = `${shop.path}/terminals/${shop.terminalId}/batches/${shop.batchNo}`;
    const closing = await ledger.post(`${batch}/close`, {});
    expect([closing.status, closing.body.code]).toEqual([503, 'view-stopped']);

    const elsewhere = { position: '0'.repeat(19) + '1', reason: 'a try' };
    const refused = await ledger.post('/v1/projections/sales/skips', elsewhere);
    expect([refused.status, refused.body.code]).toEqual([409, 'not-stopped-there']);
    expect(refused.body.detail).toBe(`The view has stopped at ${poison}, not there.`);

    for (const { name, status } of await projections()) {
      if (status !== 'stopped') continue;
      const decision = { position: poison, reason: 'written by a test', operatorId: 'op1' };
      const skipped = await ledger.post(`/v1/projections/${name}/skips`, decision);
      expect(skipped.status).toBe(201);
      expect(skipped.body).toMatchObject({ skipped: poison, responseCode: '00' });
      const again = await ledger.post(`/v1/projections/${name}/skips`, decision);
      expect([again.status, again.body]).toEqual([201, skipped.body]);
      expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    }
    await until(async () => (await ledger.get('/health/ready')).status === 200);
    await until(async () => (await ledger.get(batch)).body['status'] === 'closed');
    const over = await ledger.post('/v1/projections/sales/skips', elsewhere);
    expect(over.body.detail).toBe('The view has not stopped: it follows the log.');
    await ledger.setClock(MORNING);
    const other = await Shop.open(ledger);
    const last = await other.sell();
    const list = await ledger.get(`${other.path}/sales?after=${last.position}&limit=1000`);
    expect(list.text).toContain(`"saleId":"${String(last.saleId)}"`);

    expect((await ledger.post('/v1/projections/sales/rebuild')).status).toBe(202);
    expect(await ended('sales')).toMatchObject({ status: 'done', compared: { differing: 0 } });
  });
});

async function ended(name: string): Promise<RebuildAnswer> {
  for (;;) {
    const { body } = await ledger.get(`/v1/projections/${name}/rebuild`);
    const state = body as RebuildAnswer;
    if (['done', 'failed', 'cancelled'].includes(state.status)) return state;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function projections(): Promise<ProjectionDto[]> {
  return ((await ledger.get('/v1/projections')).body as ProjectionsAnswer).projections;
}

async function projection(name: string): Promise<ProjectionDto> {
  const found = (await projections()).find((view) => view.name === name);
  if (!found) throw new Error(`there is no view ${name}`);
  return found;
}

function viewFiles(name: string): string[] {
  return readdirSync(ledger.service.folder).filter(
    (file) => file.startsWith(`view-${name}.`) && file.endsWith('.db'),
  );
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
