import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { statementCsv } from '../../../src/accounting/books.render.js';
import { turnsDuring } from '../../support/turns.js';
import type { StatementPage, StatementView } from '../../../src/projections/statement.view.js';

const HOLDING = { pending: 0n, available: 0n, reserve: 0n };
const SPAN = { merchantId: 'M1', currency: 'EUR' };

/** Of two pages: the first asks for a second. */
function page(after: string | undefined): StatementPage {
  const standing = { opening: HOLDING, movements: [], closing: HOLDING };
  return after === undefined ? { ...standing, next: 'second' } : standing;
}

const viewThat = (read: StatementView['read']): StatementView => ({ read }) as StatementView;

const closed = viewThat(() => {
  throw new TypeError('The database connection is not open');
});

test('the rest of a statement is read from the tables that have taken the place of the first', async () => {
  let asked = 0;
  const views = {
    get statements() {
      asked += 1;
      const turn = asked;
      return viewThat(({ after }) => {
        if (asked !== turn) throw new Error('these tables are gone');
        return page(after);
      });
    },
  };
  expect((await text(statementCsv(views, SPAN))).split('\n')).toHaveLength(4);
  expect(asked).toBe(2);
});

test('a statement that can not be read on ends where it is, and nothing else does', async () => {
  const views = [viewThat(({ after }) => page(after)), closed];
  const csv = statementCsv(
    {
      get statements() {
        return views.shift() ?? closed;
      },
    },
    SPAN,
  );
  await expect(text(csv)).rejects.toThrow('not open');
});

test('others have their turn between the pages of a statement, however fast it is read', async () => {
  let pages = 0;
  const views = {
    statements: viewThat(() => {
      pages += 1;
      return pages < 100 ? page(undefined) : page('second');
    }),
  };
  expect(await turnsDuring(() => text(statementCsv(views, SPAN)))).toBeGreaterThanOrEqual(99);
});
