import { Command, InvalidArgumentError } from 'commander';
import { DateTime } from 'luxon';
import { START } from '../event-store/event-store.js';
import { isClockTime } from '../ledger/clock.js';
import { minor } from '../ledger/domain/money.js';
import { addDays, businessDateEnd, businessDay } from '../merchants/domain/business-day.js';
import type { MerchantSettings } from '../merchants/domain/merchant.events.js';
import { settingsOf } from '../merchants/merchants.dto.js';
import { terminal } from './played-ledger.js';
import { print } from './standard-output.js';
import { Interrupt, OPERATOR, type Tool, withLedger } from './tool.js';

const HOUR = 3_600_000;
const DAYS = 7;
const SALES_A_DAY = 6;

/** Of the whole chain. */
const CALENDAR = { timeZone: 'Asia/Shanghai', dayCloseAt: '23:00' } as const;

const SHOPS = [
  { merchantId: 'TEAHOUSE', name: '茶馆 Tea House', terminals: ['T1', 'T2'], basisPoints: 60 },
  { merchantId: 'BOOKSHOP', name: '书店 Book Shop', terminals: ['T1'], basisPoints: 38 },
] as const;

interface Place {
  readonly merchantId: string;
  readonly terminalId: string;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('fills a fresh ledger with a made-up week of a small shop chain')
    .option(
      '--start <date>',
      'the first day of the week; without it the week ends today',
      calendarDate,
    )
    .option('--json', 'print the counts as JSON')
    .action(async ({ start, json }: { start?: string; json?: boolean }) => {
      const interrupt = new Interrupt();
      const counts = await withLedger(async (tool) => {
        if ((await tool.store.head()) !== START) {
          throw new Error('the demo needs a fresh ledger, and this one has been used');
        }
        const week = start === undefined ? untilNow(Date.now()) : { start };
        return new Demo(tool, week).run(interrupt);
      });
      print(json ? JSON.stringify(counts) : asText(counts));
      if (!interrupt.isPressed) return;
      console.error(
        'Interrupted: only the first days are there. Another demo needs a fresh ledger.',
      );
      process.exitCode = interrupt.exitCode;
    });
}

/** The whole week is of years that the ledger's clock knows. */
function calendarDate(text: string): string {
  const first = /^\d{4}-\d{2}-\d{2}$/.test(text)
    ? DateTime.fromISO(text, { zone: 'utc' })
    : undefined;
  if (!first?.isValid) throw new InvalidArgumentError('a date, such as 2026-03-02');
  const days = [first, first.plus({ days: DAYS - 1 })];
  if (days.every((day) => isClockTime(day.toMillis()))) return text;
  throw new InvalidArgumentError('a date whose week is within the years 1970 to 9900');
}

interface Week {
  /** The first day. */
  readonly start: string;
  /** What would come later comes then; epoch milliseconds. */
  readonly end?: number;
}

/** Of the last day what has passed of it by now, so that its sales can still be voided. */
function untilNow(now: number): Week {
  const today = businessDay(now, CALENDAR).date;
  return { start: addDays(today, 1 - DAYS), end: now };
}

function asText(counts: Record<string, number>): string {
  return [
    ...Object.entries(counts).map(([what, count]) => `${what.padEnd(10)} ${count}`),
    '',
    'Start the service and ask it, for example:',
    '  curl http://127.0.0.1:3000/v1/sales/TEAHOUSE.T1.000007.000001/voidability',
    '  curl http://127.0.0.1:3000/v1/merchants/TEAHOUSE/sales',
    '  curl http://127.0.0.1:3000/v1/merchants/TEAHOUSE/balances',
  ].join('\n');
}

function settings(name: string, basisPoints: number): MerchantSettings {
  return settingsOf({
    name,
    currency: 'CNY',
    ...CALENDAR,
    fee: { basisPoints, perCardType: { debit: { basisPoints: 35, cap: 1_800 } } },
    voidPolicy: { partial: true },
    refundPolicy: { feeReturn: 'proportional' },
  });
}

/** The same week every time, whatever its dates: nothing in it is left to chance. */
class Demo {
  private readonly counts: Record<string, number> = {};
  private stan = 0;

  constructor(
    private readonly tool: Tool,
    private readonly week: Week,
  ) {}

  async run(interrupt: Interrupt): Promise<Record<string, number>> {
    this.at(this.week.start, 8);
    const { merchants } = this.tool.ledger;
    for (const { merchantId, name, terminals, basisPoints } of SHOPS) {
      await merchants.put(merchantId, settings(name, basisPoints), OPERATOR);
      for (const terminalId of terminals) {
        await merchants.assignTerminal(merchantId, { terminalId, storeId: 'MAIN' }, OPERATOR);
      }
    }
    for (let day = 0; day < DAYS && !interrupt.isPressed; day += 1) await this.day(day);
    await this.tool.catchUp();
    return this.counts;
  }

  /** Each terminal sells all day; some of it is voided at once, some comes back days later. */
  private async day(day: number): Promise<void> {
    const date = addDays(this.week.start, day);
    for (const { merchantId, terminals } of SHOPS) {
      for (const [index, terminalId] of terminals.entries()) {
        this.stan = 0;
        await this.shift({ merchantId, terminalId }, date, day, index);
      }
    }
    if (day === DAYS - 1) return;
    this.tool.clock.set(businessDateEnd(date, CALENDAR));
    await this.tool.ledger.dueWork.run();
  }

  private async shift(place: Place, date: string, day: number, index: number): Promise<void> {
    const batchNo = String(day + 1).padStart(6, '0');
    const sales: string[] = [];
    for (let number = 0; number < SALES_A_DAY; number += 1) {
      this.at(date, 9 + number * 2);
      sales.push(await this.sale(place, batchNo, 1_280 + day * 731 + number * 457 + index * 90));
    }
    this.at(date, 21);
    const [first = '', second = '', third = ''] = sales;
    if (day % 2 === 0) await this.reverse(place, batchNo, second, 'customer changed their mind');
    if (day === 1) await this.reverse(place, batchNo, first, 'one cup was cold', 500);
    if (day === 3) await this.lostCard(place, batchNo, third);
    if (day > 2) {
      const earlier = `${place.merchantId}.${place.terminalId}.${String(day - 1).padStart(6, '0')}.000004`;
      await this.reverse(place, batchNo, earlier, 'goods brought back', 300);
    }
  }

  private async sale(place: Place, batchNo: string, amount: number): Promise<string> {
    const name = this.name(place, batchNo);
    const token = `demo-${place.merchantId}-${this.stan}`;
    const type = this.stan % 2 === 0 ? ('debit' as const) : ('credit' as const);
    const card = { token, last4: String(1_000 + this.stan), scheme: 'UnionPay', type };
    const content = { ...name, amount: minor(amount), currency: 'CNY', card };
    const outcome = await this.tool.ledger.sales.take(content, { content, by: terminal(place) });
    if ('refusal' in outcome) throw new Error(outcome.refusal.detail.en);
    this.count('sales');
    return outcome.answer.saleId;
  }

  /** A void where one is possible, else a refund; a refusal is part of the story, too. */
  private async reverse(
    place: Place,
    batchNo: string,
    saleId: string,
    reason: string,
    amount?: number,
    asked: 'reversal' | 'void' = 'reversal',
  ): Promise<void> {
    const part = amount === undefined ? {} : { amount: minor(amount) };
    const content = { ...this.name(place, batchNo), ...part, reason };
    const command = { ...content, asked, saleId };
    const outcome = await this.tool.ledger.giveBacks.giveBack(command, {
      content,
      by: terminal(place),
    });
    this.count('refusal' in outcome ? 'refused' : `${outcome.answer.kind}s`);
  }

  private async lostCard(place: Place, batchNo: string, saleId: string): Promise<void> {
    const token = `demo-${place.merchantId}-3`;
    await this.tool.ledger.cards.setStatus(token, 'lost', OPERATOR);
    await this.reverse(place, batchNo, saleId, 'wrong amount', undefined, 'void');
    await this.tool.ledger.cards.setStatus(token, 'active', OPERATOR);
  }

  private name(place: Place, batchNo: string) {
    this.stan += 1;
    return { ...place, batchNo, stan: String(this.stan).padStart(6, '0') };
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  private at(date: string, hour: number): void {
    const midnight = businessDateEnd(addDays(date, -1), { ...CALENDAR, dayCloseAt: '00:00' });
    this.tool.clock.set(Math.min(midnight + hour * HOUR, this.week.end ?? Infinity));
  }
}
