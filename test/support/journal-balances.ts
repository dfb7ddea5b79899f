import { execFileSync } from 'node:child_process';
import { parse } from 'csv-parse/sync';
import type { AccountKind } from '../../src/accounting/domain/chart-of-accounts.js';
import { type BookAccount, pathOf } from '../../src/accounting/domain/entries.js';
import { decimalText } from '../../src/ledger/domain/decimal.js';

/** What stands on an account, debits less credits in minor units. */
type Held = BookAccount & { readonly sum: bigint };

const HLEDGER_ROOTS: Readonly<Record<AccountKind, string>> = {
  asset: 'assets',
  liability: 'liabilities',
  revenue: 'revenues',
  expense: 'expenses',
};

/** What a program says; its own words when it finds a fault. */
export function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 28 });
}

/** A journal as hledger reads it: every account with something on it, as `path amount currency`, sorted. @throws Error when it finds a fault */
export function checkedByHledger(journal: string): string[] {
  run('hledger', '-f', journal, 'check');
  const report = run('hledger', '-f', journal, 'balance', '--flat', '-N', '-E', '-O', 'csv');
  return parse<{ account: string; balance: string }>(report, { columns: true })
    .flatMap(({ account, balance }) => balance.split(', ').map((amount) => `${account} ${amount}`))
    .filter((line) => !/ 0(\.0+)?( [A-Z]{3})?$/.test(line))
    .sort();
}

/** Our own balances in the same form. */
export function asHledgerHas(held: readonly Held[]): string[] {
  return held
    .filter(({ sum }) => sum !== 0n)
    .map((account) => {
      const [kind, name, merchantId] = pathOf(account);
      const { currency, sum } = account;
      return `${HLEDGER_ROOTS[kind]}:${name}:${merchantId} ${decimalText(sum, currency)} ${currency}`;
    })
    .sort();
}

/** Every balance that a Beancount journal asserts and bean-check finds right, as `account amount currency`. @throws Error when it finds a fault */
export function checkedByBeancount(file: string, journal: string): string[] {
  run('bean-check', file);
  return [...journal.matchAll(/ balance (\S+) {2}(\S+) ~ 0 (\S+)$/gm)]
    .map(([, account, amount, currency]) => `${account} ${amount} ${currency}`)
    .filter((line) => !/ 0(\.0+)? [A-Z]{3}$/.test(line))
    .sort();
}

/** Our own balances as Beancount names them. */
export function asBeancountHas(held: readonly Held[]): string[] {
  const roots = {
    asset: 'Assets',
    liability: 'Liabilities',
    revenue: 'Income',
    expense: 'Expenses',
  };
  return held
    .filter(({ sum }) => sum !== 0n)
    .map((account) => {
      const [kind, name, merchantId] = pathOf(account);
      const { currency, sum } = account;
      const part = name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', '-');
      return `${roots[kind]}:${part}:M-${merchantId} ${decimalText(sum, currency)} ${currency}`;
    })
    .sort();
}
