import { readFile } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { DateTime } from 'luxon';
import { holdsCardNumber } from '../http/card-number.js';
import { legible } from '../http/legible.js';
import { checkOf } from '../http/schemas.js';
import { isClockTime } from '../ledger/clock.js';
import { MAX_AMOUNT } from '../ledger/domain/money.js';
import { MerchantBody } from '../merchants/merchants.dto.js';

/** The columns that an import knows, and what each is called in the file it was made for. */
export const COLUMNS = {
  invoice: 'invoice',
  datetime: 'datetime',
  customer: 'customer',
  country: 'country',
  amount: 'amount',
  kind: 'kind',
  original: 'original_invoice',
  match: 'match',
} as const;

export type Column = keyof typeof COLUMNS;

/** The kinds of rows, and what each is called in that file. Rows that do not say are told by the amount's sign. */
export const KINDS = { sale: 'sale', cancel: 'cancel' } as const;

/** Without these a file is not recorded trade; the others may be missing. */
const NEEDED: readonly Column[] = ['invoice', 'datetime', 'country', 'amount'];

export interface Layout {
  readonly columns: Readonly<Record<Column, string>>;
  readonly kinds: Readonly<Record<keyof typeof KINDS, string>>;
  readonly delimiter: string;
  /** Of the times, in Luxon's tokens; ISO 8601 without it. */
  readonly dateFormat?: string;
  readonly timeZone: string;
  /** Digits behind the decimal point of `amount`; 0 where it is in minor units. */
  readonly decimals: number;
}

/** One row of recorded trade. */
export interface Trade {
  readonly line: number;
  readonly kind: 'sale' | 'cancel';
  readonly invoice: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly customer: string;
  readonly country: string;
  /** Minor units, above zero. */
  readonly amount: number;
  /** What a cancellation cancels. */
  readonly originals: readonly string[];
  /** Why a cancellation names no original. */
  readonly unmatched?: string;
}

/** A row that is no trade. */
export interface Unread {
  readonly line: number;
  readonly why: string;
}

/** The file is not what the options say. */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';
}

/** Every row of the file, in its order. @throws LayoutError when it is no such file, or its columns are others */
export async function readTrade(file: string, layout: Layout): Promise<(Trade | Unread)[]> {
  try {
    return rowsOf(await readFile(file, 'utf8'), layout);
  } catch (error) {
    if (error instanceof LayoutError) throw error;
    throw new LayoutError(`${file} can't be read: ${reasonOf(error as Error)}`);
  }
}

/** What a reader of CSV says itself shows what is in the file, which may be a card number. */
function reasonOf(error: Error): string {
  if (!(error instanceof CsvError)) return error.message;
  return `it is no CSV at line ${String(error['lines'])} (${error.code})`;
}

function rowsOf(text: string, layout: Layout): (Trade | Unread)[] {
  const [first, ...rows] = parse(text, {
    delimiter: layout.delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
  }) as unknown as { record: string[]; info: { lines: number } }[];
  const header = checkedHeader(first?.record ?? [], layout);
  return rows.map(({ record: cells, info: { lines: line } }) => {
    // Which of them is one too many can't be told: a separator in a value puts all behind it into other columns.
    if (cells.length > header.length) return { line, why: 'more cells than columns' };
    const record = Object.fromEntries(header.map((name, index) => [name, cells[index] ?? '']));
    return readRow(record, line, layout);
  });
}

/** A column that may be missing is missed where it was given a name: that was meant to be there. */
function checkedHeader(header: string[], { columns }: Layout): string[] {
  const missing = (Object.keys(COLUMNS) as Column[])
    .filter((column) => NEEDED.includes(column) || columns[column] !== COLUMNS[column])
    .map((column) => columns[column])
    .filter((name) => !header.includes(name));
  if (header.length === 0) throw new LayoutError('the file is empty: not even columns are named');
  if (missing.length > 0) {
    throw new LayoutError(
      `the file has no column ${missing.join(', ')}; it has ${header.map(shown).join(', ')} (see --columns)`,
    );
  }
  const twice = Object.values(columns).find(
    (name) => header.indexOf(name) !== header.lastIndexOf(name),
  );
  if (twice === undefined) return header;
  throw new LayoutError(`the file has more than one column ${twice}: which is meant can't be told`);
}

/** A file that names no columns begins with trade. */
function shown(name: string): string {
  return holdsCardNumber(name) ? '(what looks like a card number)' : legible(name);
}

function readRow(record: Record<string, string>, line: number, layout: Layout): Trade | Unread {
  const cell = (column: Column): string => (record[layout.columns[column]] ?? '').trim();
  const at = timeOf(cell('datetime'), layout);
  if (!isClockTime(at)) return { line, why: 'datetime' };
  const signed = minorUnits(cell('amount'), layout.decimals);
  if (signed === undefined || signed === 0 || Math.abs(signed) > MAX_AMOUNT) {
    return { line, why: 'amount' };
  }
  if (cell('invoice') === '' || cell('country') === '') return { line, why: 'empty' };
  if (!isMerchantName(cell('country'))) return { line, why: 'country' };
  const kind = kindOf(cell('kind'), signed, layout);
  if (!kind) return { line, why: 'kind' };
  const originals = cell('original')
    .split(/\s*;\s*/)
    .filter(Boolean);
  const match = cell('match');
  return {
    line,
    kind,
    invoice: cell('invoice'),
    at,
    customer: cell('customer'),
    country: cell('country'),
    amount: Math.abs(signed),
    originals,
    ...(originals.length === 0 && { unmatched: match === '' ? 'none' : match }),
  };
}

/** Not too long, legible, and without a card number: as the API has it. */
function isMerchantName(name: string): boolean {
  return checkOf(MerchantBody)({ name, currency: 'EUR', timeZone: 'UTC' }) === undefined;
}

/**
 * Epoch milliseconds; NaN when it is no time. Of a time that the clocks showed twice the first counts: which of them Luxon
 * takes goes by the season that it is asked in. One that names its offset happened once.
 */
function timeOf(text: string, { dateFormat, timeZone: zone }: Layout): number {
  const how = { zone, setZone: true };
  const time =
    dateFormat === undefined
      ? DateTime.fromISO(text.replace(' ', 'T'), how)
      : DateTime.fromFormat(text, dateFormat, how);
  return Math.min(...time.getPossibleOffsets().map((possible) => possible.toMillis()));
}

/** A cancellation's amount may have either sign; a sale below zero is neither. */
function kindOf(text: string, signed: number, { kinds }: Layout): Trade['kind'] | undefined {
  if (text === kinds.cancel || (text === '' && signed < 0)) return 'cancel';
  return (text === kinds.sale || text === '') && signed > 0 ? 'sale' : undefined;
}

/** Exact: digits are moved, nothing is multiplied. */
function minorUnits(text: string, decimals: number): number | undefined {
  const [, sign = '', whole = '', part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === '' || part.length > decimals) return undefined;
  return Number(`${sign}${whole}${part.padEnd(decimals, '0')}`);
}
