import { expect, test } from '@jest/globals';
import { newFolder } from '../../support/store-folder.js';
import { runTool } from '../../support/tool.js';

test('the week of the demo has all that a ledger does by itself: what is due on a date is paid on it', async () => {
  const folder = newFolder();
  const { code } = await runTool(folder, ['demo', '--start', '2026-03-02']);
  expect(code).toBe(0);

  const { out } = await runTool(folder, ['export']);
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; data: { date?: string } });
  const dates = events.flatMap(({ type, data }) => (type === 'PayoutSent' ? [data.date] : []));
  expect([...new Set(dates)]).toEqual(['2026-03-03', '2026-03-04', '2026-03-05', '2026-03-06']);

  const verified = await runTool(folder, ['verify']);
  expect([verified.code, verified.out]).toEqual([0, expect.stringContaining('no faults')]);
});

test('of the week of a demo that ends today, the first example is a sale that can be voided', async () => {
  const folder = newFolder();
  const { code, out } = await runTool(folder, ['demo']);
  const [, saleId = ''] = out.match(/curl \S+\/v1\/sales\/(\S+)\/voidability/) ?? [];

  const shown = await runTool(folder, ['replay', '--sale', saleId, '--json']);
  const { voidability } = JSON.parse(shown.out) as { voidability: { decision: string } };

  expect([code, out.match(/curl .*/)?.[0], voidability.decision]).toEqual([
    0,
    expect.stringContaining(saleId),
    'void',
  ]);
});
