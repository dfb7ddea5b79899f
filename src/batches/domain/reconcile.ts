import { MAX_AMOUNT, minor } from '../../ledger/domain/money.js';
import type {
  BatchItem,
  Difference,
  ItemSide,
  Reconciliation,
  StoredTotals,
} from './batch.events.js';

/** What the terminal says a batch comes to; either part may be left out. */
export interface TerminalSide {
  readonly totals?: StoredTotals | undefined;
  readonly items?: readonly BatchItem[] | undefined;
}

export interface Reconciled {
  readonly reconciliation: Reconciliation;
  readonly differences?: readonly Difference[];
  /** How many more there are, where they are too many to name. */
  readonly differencesLeftOut?: number;
}

/** So many are named: what a close says must fit into what a store takes at once. */
export const MOST_NAMED = 5_000;

/** Compares the terminal's totals, and its items where it sent them, with the ledger's. */
export function reconcile(
  terminal: TerminalSide,
  ledger: { readonly totals: StoredTotals; readonly items: readonly BatchItem[] },
): Reconciled {
  if (!terminal.totals && !terminal.items) return { reconciliation: 'not-sent' };
  const differences = [
    ...(terminal.totals ? differingTotals(terminal.totals, ledger.totals) : []),
    ...(terminal.items ? differingItems(terminal.items, ledger.items) : []),
  ];
  if (differences.length === 0) return { reconciliation: 'matched' };
  const leftOut = differences.length - MOST_NAMED;
  return {
    reconciliation: 'mismatched',
    differences: differences.slice(0, MOST_NAMED),
    ...(leftOut > 0 && { differencesLeftOut: leftOut }),
  };
}

const FIELDS = [
  'saleCount',
  'saleAmount',
  'voidCount',
  'voidAmount',
  'refundCount',
  'refundAmount',
] as const satisfies readonly (keyof StoredTotals)[];

function differingTotals(terminal: StoredTotals, ledger: StoredTotals): Difference[] {
  return FIELDS.filter((field) => terminal[field] !== ledger[field]).map((field) => ({
    field,
    terminal: String(terminal[field]),
    ledger: String(ledger[field]),
  }));
}

function differingItems(
  terminal: readonly BatchItem[],
  ledger: readonly BatchItem[],
): Difference[] {
  const theirs = amounts(terminal);
  const ours = amounts(ledger);
  const keys = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
  return keys
    .filter((key) => theirs.get(key) !== ours.get(key))
    .map((key) => {
      const [stan, kind] = key.split(' ') as [string, BatchItem['kind']];
      return { stan, kind, terminal: sideOf(theirs.get(key)), ledger: sideOf(ours.get(key)) };
    });
}

/** One request is one item: one that the terminal lists twice counts twice. */
function amounts(items: readonly BatchItem[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { stan, kind, amount } of items) {
    const key = `${stan} ${kind}`;
    sums.set(key, (sums.get(key) ?? 0n) + BigInt(amount));
  }
  return sums;
}

function sideOf(sum: bigint | undefined): ItemSide {
  if (sum === undefined) return null;
  return sum > MAX_AMOUNT ? String(sum) : minor(Number(sum));
}
