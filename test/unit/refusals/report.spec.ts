import { describe, expect, test } from '@jest/globals';
import type { RefusalsReport } from '../../../src/projections/refusals.view.js';
import { renderReport } from '../../../src/refusals/refusals.dto.js';

/** Of a merchant with so many terminals, where more is refused the further behind in the list a terminal is. */
function reportOf(terminals: number): RefusalsReport {
  const total = { done: 0, refused: 0, failed: 0 };
  const places = Array.from({ length: terminals }, (_, number) => ({
    merchantId: 'M',
    storeId: 'S',
    terminalId: `T${number}`,
    done: 1,
    refused: number,
    failed: 0,
  }));
  return {
    ...{ total, kinds: [], merchants: [], stores: [], days: [] },
    terminals: places,
    reasons: places.map(({ terminalId }) => ({
      ...{ source: 'terminal', code: terminalId, cause: 'hardware', count: 1 },
    })),
  };
}

describe('a report of refusals', () => {
  test('tells of all that it counts, where that is not too much', () => {
    const report = renderReport(reportOf(1_000));
    expect([report.terminals.length, report.reasons.length]).toEqual([1_000, 1_000]);
    expect(report).not.toHaveProperty('leftOut');
  });

  test('tells of those where most went wrong, and how many it leaves out, but counts all', () => {
    const report = renderReport(reportOf(1_200));
    expect(report.terminals.map(({ terminalId }) => terminalId)).toEqual(
      Array.from({ length: 1_000 }, (_, number) => `T${200 + number}`),
    );
    expect(report).toMatchObject({
      leftOut: { reasons: 200, terminals: 200 },
      causes: [{ cause: 'hardware', count: 1_200 }],
    });
    expect(Object.keys(report.leftOut ?? {})).toEqual(['reasons', 'terminals']);
  });
});
