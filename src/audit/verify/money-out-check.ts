import type Database from 'better-sqlite3';
import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import { evolvePayout, type Payout, payoutName } from '../../payouts/domain/payout.js';
import type { BooksEvent, PayoutEvent } from '../../payouts/domain/payout.events.js';
import { decidePaid, decideReturned } from '../../payouts/domain/payout-outcome.js';
import type { BookName } from '../../projections/payouts.view.js';
import type { SettledData } from '../../sales/domain/sale.events.js';
import type { BooksCheck } from './books-check.js';
import type { History } from './histories.js';
import { type Finding, held, illegal, NO_MERCHANT, type Ruling } from './judge.js';
import type { Parties } from './parties.js';
import { misdated } from './requests-check.js';
import { isSameJson } from './same-json.js';
import { Shelf } from './shelf.js';

/** What takes money out of the books, or lets it be taken: no request of a terminal makes it. */
export type MoneyOut = Extract<
  BooksEvent,
  { type: 'PayoutSent' | 'WrittenOff' | 'ReserveReleased' }
>;

type WrittenOff = Extract<MoneyOut, { type: 'WrittenOff' }>;
type PayoutSent = Extract<MoneyOut, { type: 'PayoutSent' }>['data'];
type ReserveReleased = Extract<MoneyOut, { type: 'ReserveReleased' }>['data'];

interface Held {
  amount: bigint;
}

export function isMoneyOut(event: LedgerEvent): event is MoneyOut {
  return (
    event.type === 'PayoutSent' || event.type === 'WrittenOff' || event.type === 'ReserveReleased'
  );
}

/** Payouts, write-offs and releases of reserve, judged by what the books had when they were decided. */
export class MoneyOutCheck {
  /** Reserve by the date until which it is held. */
  private readonly reserves: Shelf<Held>;
  /** Of each book, the numbers that its next payout may have: more than one only behind a wrong one. */
  private readonly numbers = new Map<string, readonly number[]>();
  /** Of each book, what refused events would have made available: it may have been paid out in good faith. */
  private readonly leeway = new Map<string, bigint>();
  /** Merchants of whom something else is wrong: what they have can't be told. */
  private readonly doubted = new Set<string>();

  constructor(
    database: Database.Database,
    private readonly books: BooksCheck,
    private readonly parties: Parties,
  ) {
    this.reserves = new Shelf<Held>(database, 'reservesHeld', {
      pack: ({ amount }) => String(amount),
      unpack: (text) => ({ amount: BigInt(text) }),
    });
  }

  /** Before it is posted. `at`: when it was recorded, epoch milliseconds. */
  finding(event: MoneyOut, at: number): Finding | undefined {
    const { amount: said } = event.data;
    const misnumbered = event.type === 'PayoutSent' ? this.misnumbered(event.data) : undefined;
    if (misnumbered) return misnumbered;
    const amount = amountOf(said);
    if (amount === 0n) return illegal(`${JSON.stringify(said)} is no amount above zero`);
    switch (event.type) {
      case 'PayoutSent':
        return this.unpayable(event.data, amount, at) ?? this.above(event, amount, at);
      case 'ReserveReleased':
        return early(event.data) ?? this.above(event, amount, at);
      case 'WrittenOff':
        return this.above(event, amount, at);
    }
  }

  /** After it was posted. */
  posted(event: LedgerEvent): void {
    if (event.type === 'Settled') this.held(event.data);
    if (event.type !== 'ReserveReleased') return;
    const reserve = this.reserves.get(reserveName(event.data, event.data.heldUntil));
    if (reserve) reserve.amount -= amountOf(event.data.amount);
  }

  /** It was refused, and not posted: what comes behind it is judged as though it had not been. */
  leftOut({ type, data }: MoneyOut): void {
    if (type === 'PayoutSent') return;
    const book = bookName(data);
    this.leeway.set(book, (this.leeway.get(book) ?? 0n) + amountOf(data.amount));
  }

  /** Something is wrong with it, which is told; each payout of the merchant would tell it again. */
  doubt({ data }: LedgerEvent): void {
    if ('merchantId' in data) this.doubted.add(data.merchantId);
  }

  private misnumbered(data: PayoutSent): Finding | undefined {
    const { payoutId, merchantId, currency, number } = data;
    const book = bookName(data);
    const due = this.numbers.get(book) ?? [1];
    const [first = 1] = due;
    const name = payoutName(merchantId, currency, number);
    const isDue = due.includes(number);
    // Behind a wrong one the next goes on from it, or, where it was put in, as if it were not there.
    this.numbers.set(book, isDue && name === payoutId ? [number + 1] : [first, number + 1]);
    if (name !== payoutId) return illegal(`by its number it is payout ${name}`);
    return isDue ? undefined : illegal(`it has number ${number} where ${first} is due`);
  }

  /** Whether, where and on which date the merchant was paid, as whoever paid it may have known it. */
  private unpayable(payout: PayoutSent, amount: bigint, at: number): Finding | undefined {
    const { merchantId, account } = payout;
    const isPaid = ({ rights, settings }: Merchant): boolean =>
      rights.payout !== 'frozen' && amount >= BigInt(settings.payoutMinimum ?? 0);
    const known = this.parties.merchant(merchantId, at);
    if (known.length === 0) return illegal(NO_MERCHANT);
    if (!known.some(isPaid)) {
      return illegal('the merchant’s payouts were frozen, or the least that it is paid was more');
    }
    if (!known.some(({ settings }) => isSameJson(settings.payoutAccount, account))) {
      return illegal('it goes to another account than the merchant’s');
    }
    return misdated(payout, known);
  }

  private above(event: MoneyOut, amount: bigint, at: number): Finding | undefined {
    if (this.doubted.has(event.data.merchantId)) return undefined;
    const [most, what] = this.most(event, at);
    return amount > most ? illegal(`it is of ${amount}, and ${most} was ${what}`) : undefined;
  }

  private most({ type, data }: MoneyOut, at: number): readonly [bigint, string] {
    switch (type) {
      case 'PayoutSent': {
        const leeway = this.leeway.get(bookName(data)) ?? 0n;
        return [this.books.mostAvailable(data, at) + leeway, 'available'];
      }
      case 'WrittenOff':
        return [this.books.mostOwed(data, at), 'owed'];
      case 'ReserveReleased': {
        // Only releases of the same stream take from it: whoever decides the next has seen them all.
        const { heldUntil } = data;
        const amount = this.reserves.get(reserveName(data, heldUntil))?.amount ?? 0n;
        return [amount, `held until ${heldUntil}`];
      }
    }
  }

  private held(data: SettledData): void {
    const { reserve, reserveUntil } = data;
    if (reserveUntil === undefined) return;
    const name = reserveName(data, reserveUntil);
    const before = this.reserves.get(name);
    if (before) before.amount += BigInt(reserve);
    else this.reserves.set(name, { amount: BigInt(reserve) });
  }
}

/** What its own stream says against an event of a payout. */
export function payoutFinding(event: PayoutEvent, history: History): Finding | undefined {
  const payout = (history.facts as PayoutEvent[]).reduce<Payout | undefined>(
    evolvePayout,
    undefined,
  );
  if (event.type === 'PayoutSent') return payout && illegal('the payout was sent already');
  if (!payout) return illegal('the payout was never sent');
  const { payoutId, merchantId, currency, amount } = payout;
  const { businessDate, occurredAt } = event.data;
  const fact = { payoutId, merchantId, currency, amount, businessDate, occurredAt };
  const decided =
    event.type === 'PayoutPaid'
      ? decidePaid(payout, fact, event.data.bankReference)
      : decideReturned(payout, fact, event.data.reason);
  const ruling: Ruling = decided && 'code' in decided ? { refusal: decided } : { event: decided };
  return held(event, [payout], () => ruling, '');
}

/** What its merchant's stream says against a write-off. */
export function writeOffFinding({ data }: WrittenOff, { facts }: History): Finding | undefined {
  const isThere = (facts as WrittenOff[]).some((one) => one.data.writeOffId === data.writeOffId);
  return isThere ? illegal(`there was a write-off ${data.writeOffId} already`) : undefined;
}

function early({ heldUntil, businessDate }: ReserveReleased): Finding | undefined {
  if (businessDate >= heldUntil) return undefined;
  return illegal(`it was held until ${heldUntil}, and released on ${businessDate}`);
}

function bookName({ merchantId, currency }: BookName): string {
  return `${merchantId} ${currency}`;
}

function reserveName(book: BookName, heldUntil: string): string {
  return `${bookName(book)} ${heldUntil}`;
}

/** Zero for what is no amount above it. */
function amountOf(said: string): bigint {
  return /^[1-9]\d*$/.test(said) ? BigInt(said) : 0n;
}
