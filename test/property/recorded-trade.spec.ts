import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import type { Account } from '../../src/accounting/domain/chart-of-accounts.js';
import { openEventStoreReader } from '../../src/event-store/open-event-store.js';
import type { LedgerEvent } from '../../src/ledger/domain/ledger-event.js';
import { decode } from '../../src/ledger/event-codec.js';
import type { Holding, Movement } from '../../src/projections/statement.view.js';
import { Views } from '../../src/projections/views.js';
import {
  asBeancountHas,
  asHledgerHas,
  checkedByBeancount,
  checkedByHledger,
} from '../support/journal-balances.js';
import { has } from '../support/programs.js';
import { newFolder } from '../support/store-folder.js';
import { runTool } from '../support/tool.js';

jest.setTimeout(600_000);

const RECORDED = join(import.meta.dirname, '../../../shared/data/online-retail-invoices.csv');
const CURRENCY = 'GBP';
const BASIS_POINTS = 60n;

type Of<T extends LedgerEvent['type']> = Extract<LedgerEvent, { type: T }>['data'];

const sum = (amounts: readonly (number | string | bigint)[]): bigint =>
  amounts.reduce<bigint>((total, amount) => total + BigInt(amount), 0n);

describe('a year of recorded trade', () => {
  if (!existsSync(RECORDED)) {
    it.skip('left out: no ../shared/data/online-retail-invoices.csv', () => undefined);
    return;
  }
  const folder = newFolder();
  const env = { EVENT_STORE_URL: `file:${folder}`, VIEWS_DIR: folder };
  const events: LedgerEvent[] = [];
  let summary: {
    sales: number;
    voids: number;
    refunds: number;
    merchants: { name: string; merchantId: string; net: number }[];
  };
  let views: Views;

  beforeAll(async () => {
    const args = ['import', RECORDED, '--json', '--fee-basis-points', String(BASIS_POINTS)];
    const { code, out } = await runTool(folder, args, env);
    expect(code).toBe(0);
    summary = JSON.parse(out);
    const log = await openEventStoreReader(env.EVENT_STORE_URL);
    for await (const page of log.pages()) {
      for (const stored of page) events.push(decode(stored).event);
    }
    await log.close();
    views = await Views.open({
      viewsDir: folder,
      eventStoreUrl: env.EVENT_STORE_URL,
      mode: 'inline',
    });
  });
  afterAll(() => views.close());

  const all = <T extends LedgerEvent['type']>(type: T): Of<T>[] =>
    events.flatMap((event) => (event.type === type ? [event.data as Of<T>] : []));

  const standsOn = (account: Account): bigint =>
    sum(
      views.books
        .trialBalance()
        .filter((each) => each.account === account)
        .map(({ debit, credit }) =>
          /receivable|bank/.test(account) ? debit - credit : credit - debit,
        ),
    );

  /** A merchant's statement, read to its end in pages. */
  function statementOf(merchantId: string) {
    const movements: Movement[] = [];
    let after: string | undefined;
    for (;;) {
      const page = views.statements.read({ merchantId, currency: CURRENCY, after, limit: 1_000 });
      movements.push(...page.movements);
      after = page.next;
      if (after === undefined) return { ...page, movements };
    }
  }

  it('has every sale, void and refund of the file in it, and nothing else', () => {
    const rows = parse<Record<string, string>>(readFileSync(RECORDED), { columns: true });
    const sales = rows.filter(({ kind }) => kind === 'sale');
    const byMerchant = new Map(summary.merchants.map(({ name, merchantId }) => [merchantId, name]));
    for (const [merchantId, name] of byMerchant) {
      const mine = all('Sale').filter((sale) => sale.merchantId === merchantId);
      const theirs = sales.filter(({ country }) => country === name);
      expect(mine.map(({ amount }) => String(amount)).sort()).toEqual(
        theirs.map(({ amount }) => amount).sort(),
      );
    }
    expect(all('Sale')).toHaveLength(summary.sales);
    expect(all('Void')).toHaveLength(summary.voids);
    expect(all('Refund')).toHaveLength(summary.refunds);
  });

  it('takes each fee as the rule says, and the revenue is their sum', () => {
    const settled = all('Settled');
    for (const { gross, voided, refunded, fee, reserve, net } of settled) {
      const left = BigInt(gross - voided - refunded);
      expect(BigInt(fee)).toBe((left * BASIS_POINTS + 5_000n) / 10_000n);
      expect(net + fee + reserve).toBe(Number(left));
    }
    expect(standsOn('mdr_revenue')).toBe(sum(settled.map(({ fee }) => fee)));
    const voidedWhole = all('Sale').length - settled.length;
    const left = new Map<string, number>(all('Sale').map(({ saleId, amount }) => [saleId, amount]));
    for (const { saleId, amount } of all('Void'))
      left.set(saleId, (left.get(saleId) ?? 0) - amount);
    expect([...left.values()].filter((rest) => rest === 0)).toHaveLength(voidedWhole);
  });

  it('pays each merchant what is due, once a date, and keeps nothing that is due', () => {
    const payouts = all('PayoutSent');
    expect(standsOn('payout_in_transit')).toBe(sum(payouts.map(({ amount }) => amount)));
    const names = payouts.map(({ merchantId, date }) => `${merchantId} ${date}`);
    expect(new Set(names).size).toBe(names.length);
    const isWorkday = (date: string): boolean => new Date(date).getUTCDay() % 6 !== 0;
    const refundDates = new Set(all('Refund').map(({ businessDate }) => businessDate));
    expect(refundDates.size).toBeGreaterThan(0);
    expect(payouts.filter(({ date }) => !isWorkday(date))).toEqual([]);
    for (const { merchantId } of summary.merchants) {
      const book = { merchantId, currency: CURRENCY };
      const settled = all('Settled').filter((each) => each.merchantId === merchantId);
      const back = all('Refund').filter(
        (each) => each.merchantId === merchantId && each.afterSettlement,
      );
      const paid = payouts.filter((each) => each.merchantId === merchantId);
      const { available, notDue } = views.payouts.stateOf(book, LAST_DATE);
      const owed = sum(settled.map(({ net }) => net)) - sum(back.map(({ amount }) => amount));
      expect(available).toBe(owed - sum(paid.map(({ amount }) => amount)));
      expect(available - notDue <= 0n).toBe(true);
    }
  });

  it('gives statements that lead from nothing to the balances, and together come to the trial balance', () => {
    const kinds: Record<string, number> = {};
    const total: Record<keyof Holding, bigint> = { pending: 0n, available: 0n, reserve: 0n };
    for (const { merchantId } of summary.merchants) {
      const { opening, closing, movements } = statementOf(merchantId);
      expect(opening).toEqual({ pending: 0n, available: 0n, reserve: 0n });
      for (const part of ['pending', 'available', 'reserve'] as const) {
        expect(sum(movements.map(({ change }) => change[part]))).toBe(closing[part]);
        total[part] += closing[part];
      }
      for (const { kind } of movements) kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    expect(total).toEqual({
      pending: standsOn('merchant_pending'),
      available: standsOn('merchant_available'),
      reserve: standsOn('merchant_reserve'),
    });
    expect(kinds).toEqual({
      sale: all('Sale').length,
      void: all('Void').length,
      refund: all('Refund').length,
      settlement: all('Settled').length,
      payout: all('PayoutSent').length,
    });
  });

  it('has debits equal to credits, and an acquirer who owes what the cardholders paid and did not get back', () => {
    const accounts = views.books.trialBalance();
    expect(sum(accounts.map(({ debit }) => debit))).toBe(sum(accounts.map(({ credit }) => credit)));
    const net = sum(summary.merchants.map((merchant) => merchant.net));
    expect(standsOn('acquirer_receivable') - standsOn('refund_payable')).toBe(net);
  });

  if (has('hledger', 'bean-check')) {
    it('is a journal that hledger and Beancount find sound, with each balance as the trial balance has it', async () => {
      const held = views.books
        .trialBalance()
        .map(({ debit, credit, ...account }) => ({ ...account, sum: debit - credit }));
      const exported = async (format: string) => {
        const file = join(folder, `books.${format}`);
        const { code } = await runTool(folder, ['export', '--format', format, '--out', file], env);
        expect(code).toBe(0);
        return file;
      };
      expect(checkedByHledger(await exported('hledger'))).toEqual(asHledgerHas(held));
      const beancount = await exported('beancount');
      expect(checkedByBeancount(beancount, readFileSync(beancount, 'utf8'))).toEqual(
        asBeancountHas(held),
      );
    });
  }
});

/** The first business date behind the file's last. */
const LAST_DATE = '2011-12-10';
