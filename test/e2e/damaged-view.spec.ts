import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { viewFile } from '../../src/projections/view-file.js';
import { losePage } from '../support/damaged-view.js';
import { Shop } from '../support/shop.js';
import { stoppedWithSale } from '../support/stopped-ledger.js';
import { ServiceProcess, Tillbook } from '../support/tillbook.js';
import { runTool } from '../support/tool.js';

/** The folder of a stopped service, where a page of the view of sales is lost; and the shop that it has a sale of. */
async function damaged(part: string): Promise<{ folder: string; shop: Shop }> {
  const { folder, shop } = await stoppedWithSale();
  losePage(viewFile(folder, 'sales', 1), part);
  return { folder, shop };
}

test('a view whose index is damaged is named in every answer that needs it, in the log and in readiness, until it is rebuilt', async () => {
  const { folder, shop } = await damaged('sales_by_date');
  const ledger = await Tillbook.start({ folder });
  const ready = () => ledger.get('/health/ready');
  expect((await ready()).status).toBe(200);

  const { status, body } = await ledger.get(`${shop.path}/sales`);
  expect([status, body.code, body.responseCode]).toEqual([503, 'view-damaged', '96']);
  expect(body.detail).toBe('The view sales is damaged; an operator has to rebuild it.');
  await ledger.service.writes('a view is damaged');
  expect((await ready()).body.parts).toContainEqual({
    name: 'view sales',
    status: 'not-ready',
    reason: expect.stringContaining('`ledger rebuild sales` builds it anew'),
  });

  const rebuild = '/v1/projections/sales/rebuild';
  await ledger.post(rebuild);
  await ledger.get(rebuild, { accept: 'text/event-stream' });
  expect((await ledger.get(rebuild)).body).toMatchObject({
    status: 'done',
    damage: expect.stringContaining('is damaged'),
  });
  expect((await ledger.get(`${shop.path}/sales`)).body.sales).toHaveLength(1);
  expect((await ready()).status).toBe(200);
});

test('a view of sales that is damaged costs no sale: the warning of a second swipe is left out', async () => {
  const { folder, shop } = await damaged('sales');
  const ledger = await Tillbook.start({ folder, clock: 'running' });
  expect((await ledger.get(`${shop.path}/sales`)).body.code).toBe('view-damaged');
  shop.batchNo = '000002';
  const sold = await ledger.post('/v1/sales', shop.saleBody());
  expect(sold.status).toBe(201);
});

test('a view that is found to be damaged as it is written to is told so to who waits for it, and a close that needs it ends once it is rebuilt', async () => {
  const { folder, shop } = await damaged('sales');
  const ledger = await Tillbook.start({ folder });
  shop.batchNo = '000002';
  const sold = await ledger.post('/v1/sales', shop.saleBody());
  expect(sold.status).toBe(201);
  const { status, body } = await ledger.get(
    `${shop.path}/sales?after=${String(sold.body['position'])}`,
  );
  expect([status, body.code, body.nextStep]).toEqual([503, 'view-damaged', 'contact-acquirer']);
  const batch = `${shop.path}/terminals/${shop.terminalId}/batches/${shop.batchNo}`;
  const closing = await ledger.post(`${batch}/close`, {});
  expect([closing.status, closing.body['status']]).toEqual([202, 'closing']);
  const dayClose = await ledger.post(`${shop.path}/day-close`, {});
  expect([dayClose.status, dayClose.headers['retry-after']]).toEqual([202, '1']);
  const batches = [{ status: 'closing' }, { batchNo: '000002', status: 'closing' }];
  expect(dayClose.body).toMatchObject({ batches, responseCode: '09' });

  expect((await runTool(folder, ['rebuild', 'sales'])).code).toBe(0);
  while ((await ledger.get(batch)).body['status'] !== 'closed') await sleep(50);
});

test.each(['read', 'written to'])(
  'a view that was found to be damaged as it was %s is refused, whatever pages of it are still in memory, until it is rebuilt',
  async (found) => {
    const { folder, shop } = await stoppedWithSale();
    losePage(viewFile(folder, 'books', 1), 'movements');
    const ledger = await Tillbook.start({ folder });
    const reads = [`${shop.path}/balances`, '/v1/ledger/trial-balance'];
    const codes = () =>
      Promise.all(
        reads.map(async (path) => {
          const { status, body } = await ledger.get(path);
          return [status, body['code']];
        }),
      );
    expect(await codes()).toEqual([
      [200, undefined],
      [200, undefined],
    ]);

    let finds = `${shop.path}/statement`;
    if (found === 'written to') {
      shop.batchNo = '000002';
      const sold = await ledger.post('/v1/sales', shop.saleBody());
      finds = `${shop.path}/balances?after=${String(sold.body['position'])}`;
    }
    expect((await ledger.get(finds)).body.code).toBe('view-damaged');
    const refused = [
      [503, 'view-damaged'],
      [503, 'view-damaged'],
    ];
    expect(await codes()).toEqual(refused);

    expect((await runTool(folder, ['rebuild', 'batches'])).code).toBe(0);
    expect(await codes()).toEqual(refused);

    expect((await runTool(folder, ['rebuild', 'books'])).code).toBe(0);
    expect(await codes()).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
  },
);

test.each(['sales_by_date', 'about'])(
  'a view whose %s is damaged is told by the doctor and by rebuild --verify, and rebuilt by rebuild',
  async (part) => {
    const { folder } = await damaged(part);
    const told = /view-sales\.1\.db is damaged \(.+\); `ledger rebuild sales` builds it anew/;

    const doctor = await runTool(folder, ['doctor']);
    expect(doctor.code).toBe(1);
    expect(doctor.out).toMatch(new RegExp(`fault view sales: .*${told.source}`));
    expect(doctor.out).toContain('ok    view batches');

    const verified = await runTool(folder, ['rebuild', '--verify', 'sales', 'batches']);
    expect(verified.code).toBe(1);
    expect(verified.out).toMatch(new RegExp(`sales verified: not compared: .*${told.source}`));
    expect(verified.out).toMatch(/batches verified: \d+ rows, all alike/);

    expect((await runTool(folder, ['rebuild', 'sales'])).code).toBe(0);
    expect((await runTool(folder, ['rebuild', '--verify', 'sales'])).code).toBe(0);
  },
);

test.each(['about', 'books', 'movements'])(
  'a sale is replayed where the %s of the view of the books is damaged, and the file is named',
  async (part) => {
    const { folder, saleId } = await stoppedWithSale();
    losePage(viewFile(folder, 'books', 1), part);
    for (const follow of [[], ['--follow']]) {
      const replayed = await runTool(folder, ['replay', '--sale', saleId, ...follow]);
      expect([replayed.code, replayed.out]).toEqual([0, expect.stringContaining(`${saleId} open`)]);
      if (part === 'movements' && follow.length === 0) continue;
      expect(replayed.errors).toMatch(/view-books\.1\.db is damaged .*`ledger rebuild books`/);
    }
  },
);

/** The folder of a killed service without the file of the view of the books, but with what SQLite keeps beside it. */
async function withoutBooks(): Promise<{ folder: string; saleId: string }> {
  const ledger = await Tillbook.start();
  const { folder } = ledger.service;
  const shop = await Shop.open(ledger);
  const { saleId, position } = await shop.sell();
  await ledger.get(`${shop.path}/balances?after=${String(position)}`);
  ledger.close();
  await ledger.service.kill();
  rmSync(viewFile(folder, 'books', 1));
  expect(existsSync(`${viewFile(folder, 'books', 1)}-wal`)).toBe(true);
  return { folder, saleId: String(saleId) };
}

const booksFiles = (folder: string): string[] =>
  readdirSync(folder).filter((file) => /^view-books\.\d+\.db/.test(file));

describe('a view whose file was removed, but not what SQLite keeps beside it', () => {
  test('is no view to who reads, and is begun anew by the service', async () => {
    const { folder, saleId } = await withoutBooks();

    const doctor = await runTool(folder, ['doctor']);
    expect([doctor.code, doctor.out]).toEqual([
      0,
      expect.stringMatching(/warn {2}view books: is built/),
    ]);
    expect(doctor.out).toMatch(/^ok {4}view sales/m);
    expect((await runTool(folder, ['replay', '--sale', saleId])).code).toBe(0);
    const verified = await runTool(folder, ['rebuild', '--verify', 'books']);
    expect([verified.code, verified.out]).toEqual([
      0,
      expect.stringContaining('there was no view'),
    ]);

    const ledger = await Tillbook.start({ folder });
    expect((await ledger.get('/health/ready')).status).toBe(200);
    ledger.close();
    await ledger.service.stop();
    expect(booksFiles(folder)).toEqual(['view-books.2.db']);
  });

  test('is rebuilt by rebuild, and nothing of it is left', async () => {
    const { folder } = await withoutBooks();
    const { code, out } = await runTool(folder, ['rebuild', 'books']);
    expect([code, out]).toEqual([0, expect.stringContaining('books done: there was no view')]);
    expect(booksFiles(folder)).toEqual(['view-books.2.db']);
  });
});

test('a view whose file can not be opened is named by the doctor, which tells all else, and by the service', async () => {
  const { folder } = await stoppedWithSale();
  const file = viewFile(folder, 'books', 1);
  rmSync(file);
  mkdirSync(file);

  const { code, out } = await runTool(folder, ['doctor']);
  expect(code).toBe(1);
  expect(out).toContain(`fault view books: ${file} can't be opened: `);
  for (const well of ['store', 'view sales', 'requests']) {
    expect(out).toMatch(new RegExp(`^ok {4}${well}:`, 'm'));
  }
  const service = new ServiceProcess({ folder });
  expect(await service.exit()).toBe(1);
  expect(service.output).toContain(`${file} can't be opened`);
});
