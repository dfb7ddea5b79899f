import { pipeline, Readable } from 'node:stream';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { stringify } from 'csv-stringify';
import { toPosition } from '../event-store/event-store.js';
import { timeText } from '../ledger/clock.js';
import type { AccountSum } from '../projections/books.view.js';
import type {
  Holding,
  Movement,
  StatementPage,
  StatementQuery,
  StatementView,
} from '../projections/statement.view.js';
import type { AccountDto, CurrencyTotalDto, MovementDto, StandingDto } from './books.dto.js';
import { ACCOUNTS } from './domain/chart-of-accounts.js';

/**
 * Of all merchants together, in the order of the chart: what stands on either side of an account is told apart, as some may
 * owe what others have.
 */
export function byAccount(accounts: readonly AccountSum[]): AccountDto[] {
  const currencies = totalsOf(accounts).map(({ currency }) => currency);
  const sums = new Map<string, AccountDto>();
  for (const { account, currency, debit, credit } of accounts) {
    const key = `${currency} ${account}`;
    const sum = sums.get(key) ?? { account, currency, debit: 0n, credit: 0n };
    sums.set(key, { ...sum, debit: sum.debit + debit, credit: sum.credit + credit });
  }
  const keys = currencies.flatMap((currency) =>
    ACCOUNTS.map((account) => `${currency} ${account}`),
  );
  return keys.flatMap((key) => sums.get(key) ?? []);
}

/** Debits and credits of each currency: the two are equal, or the books are wrong. */
export function totalsOf(accounts: readonly AccountSum[]): CurrencyTotalDto[] {
  const totals = new Map<string, CurrencyTotalDto>();
  for (const { currency, debit, credit } of accounts) {
    const total = totals.get(currency) ?? { currency, debit: 0n, credit: 0n };
    totals.set(currency, {
      currency,
      debit: total.debit + debit,
      credit: total.credit + credit,
    });
  }
  return [...totals.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

/** What the ledger holds, with the sum of it. */
export function renderStanding(holding: Holding): StandingDto {
  return { balance: sum(holding), ...holding };
}

/** A movement of a statement, with what it changed and what stood behind it. */
export function renderMovement(movement: Movement): MovementDto {
  const { date, occurredAt, position, kind, saleId, reference, change, after } = movement;
  return {
    date,
    occurredAt: timeText(occurredAt),
    position: toPosition(position),
    kind,
    ...(saleId !== null && { saleId }),
    reference,
    amount: sum(change),
    change,
    ...renderStanding(after),
  };
}

const COLUMNS = [
  'date',
  'occurredAt',
  'position',
  'kind',
  'saleId',
  'reference',
  'currency',
  'amount',
  'changePending',
  'changeAvailable',
  'changeReserve',
  'balance',
  'pending',
  'available',
  'reserve',
];

const PAGE = 200;

/**
 * The whole statement as CSV, read page by page while it is sent; its first row opens it, its last closes it. Between
 * pages all that waits has its turn: a reader as fast as this would else keep the service from everyone else. `views`
 * are asked anew for each page: another set of tables may have taken the place of the one before. What can't be read
 * ends the answer where it is.
 */
export function statementCsv(
  views: { readonly statements: StatementView },
  query: Omit<StatementQuery, 'after' | 'limit'>,
): Readable {
  const csv = stringify({ header: true, columns: COLUMNS });
  return pipeline(Readable.from(csvRows(views, query)), csv, () => undefined);
}

async function* csvRows(
  views: { readonly statements: StatementView },
  query: Omit<StatementQuery, 'after' | 'limit'>,
) {
  const { currency, from = '', to = '' } = query;
  let page: StatementPage = views.statements.read({ ...query, limit: PAGE });
  yield { kind: 'opening', date: from, currency, ...renderStanding(page.opening) };
  for (;;) {
    for (const movement of page.movements) yield { currency, ...csvRow(movement) };
    if (page.next === undefined) break;
    await othersTurn();
    page = views.statements.read({ ...query, after: page.next, limit: PAGE });
  }
  yield { kind: 'closing', date: to, currency, ...renderStanding(page.closing) };
}

function csvRow(movement: Movement): object {
  const { change, ...row } = renderMovement(movement);
  const { pending: changePending, available: changeAvailable, reserve: changeReserve } = change;
  return { ...row, changePending, changeAvailable, changeReserve };
}

function sum({ pending, available, reserve }: Holding): bigint {
  return pending + available + reserve;
}
