import { expect, test } from '@jest/globals';
import { viewFile } from '../../src/projections/view-file.js';
import { losePage } from '../support/damaged-view.js';
import type { Shop } from '../support/shop.js';
import { stoppedWithSale } from '../support/stopped-ledger.js';
import { Tillbook } from '../support/tillbook.js';
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
