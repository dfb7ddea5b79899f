import { stringify } from 'csv-stringify/sync';
import type { ExportFormat } from '../audit/export.js';
import type { StoredEvent } from '../event-store/event-store.js';
import { decimalText } from '../ledger/domain/decimal.js';
import { decode } from '../ledger/event-codec.js';
import { addDays } from '../merchants/domain/business-day.js';
import type { AccountKind } from './domain/chart-of-accounts.js';
import { Balances, type BookAccount, pathOf } from './domain/entries.js';
import type { Posting } from './domain/posting.js';
import { postingsOf } from './domain/postings.js';

/** A posting with where its event stands. */
interface Entry {
  readonly position: string;
  readonly posting: Posting;
}

const HLEDGER_ROOTS: Readonly<Record<AccountKind, string>> = {
  asset: 'assets',
  liability: 'liabilities',
  revenue: 'revenues',
  expense: 'expenses',
};

const BEANCOUNT_ROOTS: Readonly<Record<AccountKind, string>> = {
  asset: 'Assets',
  liability: 'Liabilities',
  revenue: 'Income',
  expense: 'Expenses',
};

/** A journal of hledger: a transaction for each posting, and at its end every balance asserted. */
export const hledger: ExportFormat = async function* (pages, skipped = NONE) {
  const balances = new Balances();
  let last = '';
  for await (const page of pages) {
    let text = commentsOn(page, skipped);
    for (const { position, posting } of entriesOf(page, skipped)) {
      balances.add(posting);
      if (posting.date > last) last = posting.date;
      const { date, kind, currency, lines, saleId, reference } = posting;
      const tags = [`position:${position}`, ...(saleId === undefined ? [] : [`sale:${saleId}`])];
      text += `${date} (${reference}) ${kind}  ; ${tags.join(', ')}\n`;
      for (const { account, debit, credit } of lines) {
        const name = hledgerName({ ...posting, account });
        text += `    ${name}  ${decimalText(debit - credit, currency)} ${currency}\n`;
      }
      text += '\n';
    }
    yield text;
  }
  const held = balances.all();
  if (held.length === 0) return;
  yield `${last} balances\n${held
    .map((account) => {
      const { currency, sum } = account;
      const zero = decimalText(0n, currency);
      return `    ${hledgerName(account)}  ${zero} ${currency} = ${decimalText(sum, currency)} ${currency}\n`;
    })
    .join('')}`;
};

/** A journal of Beancount: accounts opened, a transaction for each posting, and at its end every balance asserted. */
export const beancount: ExportFormat = async function* (pages, skipped = NONE) {
  const balances = new Balances();
  const opened = new Set<string>();
  let last = '';
  for await (const page of pages) {
    let text = commentsOn(page, skipped);
    for (const { position, posting } of entriesOf(page, skipped)) {
      balances.add(posting);
      if (posting.date > last) last = posting.date;
      const { date, kind, currency, lines, saleId, reference } = posting;
      for (const { account } of lines) {
        const name = beancountName({ ...posting, account });
        if (!opened.has(name)) text += `${OPENING_DATE} open ${name}\n`;
        opened.add(name);
      }
      text += `${date} * "${reference}" "${kind}"\n  position: "${position}"\n`;
      if (saleId !== undefined) text += `  sale: "${saleId}"\n`;
      for (const { account, debit, credit } of lines) {
        const name = beancountName({ ...posting, account });
        text += `  ${name}  ${decimalText(debit - credit, currency)} ${currency}\n`;
      }
      text += '\n';
    }
    yield text;
  }
  // A balance is asserted as of the beginning of its date, and without `~ 0` not to the last unit.
  for (const account of balances.all()) {
    const { currency, sum } = account;
    yield `${addDays(last, 1)} balance ${beancountName(account)}  ${decimalText(sum, currency)} ~ 0 ${currency}\n`;
  }
};

const COLUMNS = [
  'position',
  'date',
  'kind',
  'saleId',
  'reference',
  'merchantId',
  'account',
  'currency',
  'debit',
  'credit',
];

/** Every line of every posting as CSV, in minor units. */
export const csv: ExportFormat = async function* (pages, skipped = NONE) {
  yield stringify([COLUMNS]);
  for await (const page of pages) {
    const rows = entriesOf(page, skipped).flatMap(({ position, posting }) => {
      const { lines, ...entry } = posting;
      return lines.map((line) => ({ position, ...entry, ...line }));
    });
    yield stringify(rows, { columns: COLUMNS });
  }
};

const NONE: ReadonlySet<string> = new Set();

/** @throws CorruptLogError for an event that can't be read; Error naming one that can't be posted */
function entriesOf(page: readonly StoredEvent[], skipped: ReadonlySet<string>): Entry[] {
  return page
    .filter(({ id }) => !skipped.has(id))
    .flatMap((stored) => {
      const { event, position } = decode(stored);
      return naming(stored, () => postingsOf(event)).map((posting) => ({ position, posting }));
    });
}

function naming<T>({ type, position, stream }: StoredEvent, post: () => T): T {
  try {
    return post();
  } catch (cause) {
    const what = `event ${type} at position ${position} (${stream}) can't be posted`;
    const remedy = `\`ledger skip books ${position}\` leaves it out of the books, for the record`;
    throw new Error(`${what}: ${(cause as Error).message}; ${remedy}`, { cause });
  }
}

/** That an event is left out of the books by an operator's decision. */
export function leftOutText({ type, position, stream }: StoredEvent): string {
  return `event ${type} at position ${position} (${stream}) is left out of the books, as was decided`;
}

/** Comments as both journal formats have them. */
function commentsOn(page: readonly StoredEvent[], skipped: ReadonlySet<string>): string {
  const left = page.filter(({ id }) => skipped.has(id));
  return left.map((stored) => `; ${leftOutText(stored)}\n`).join('');
}

/** The first that Beancount knows: logs from before have acquirers' payments of any date, mistyped ones among them. */
const OPENING_DATE = '0001-01-01';

function hledgerName(of: BookAccount): string {
  const [kind, account, merchantId] = pathOf(of);
  return `${HLEDGER_ROOTS[kind]}:${account}:${merchantId}`;
}

/** Parts of a name begin with a capital letter or a digit, and have no `_`. */
function beancountName(of: BookAccount): string {
  const [kind, account, merchantId] = pathOf(of);
  const name = account.charAt(0).toUpperCase() + account.slice(1).replaceAll('_', '-');
  return `${BEANCOUNT_ROOTS[kind]}:${name}:M-${merchantId}`;
}
