import type { Position } from '../event-store/event-store.js';
import { decidedAnew } from '../ledger/decided-anew.js';
import { inGroups, sideBySide } from '../ledger/all-of.js';
import { type Clock, timeText } from '../ledger/clock.js';
import { type Actor, type RecordedEvent, THE_LEDGER } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Pace } from '../ledger/due-work.js';
import { ifFirst } from '../ledger/if-first.js';
import type { Journal } from '../ledger/journal.js';
import { addDays, businessDay } from '../merchants/domain/business-day.js';
import type { Merchant } from '../merchants/domain/merchant.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import type { BookName, BookWithMoney } from '../projections/payouts.view.js';
import type { Views } from '../projections/views.js';
import type { Refusal } from '../sales/domain/refusal.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';
import { booksRefusals } from './domain/books-refusals.js';
import {
  decidePayout,
  evolvePayout,
  type HoldReason,
  type Payout,
  PAYOUT_NAME,
  type PayoutDecision,
  type PayoutPolicy,
  payoutName,
} from './domain/payout.js';
import type { PayoutEvent, PayoutFact } from './domain/payout.events.js';
import { decidePaid, decideReturned } from './domain/payout-outcome.js';
import { UnclosedDates } from './unclosed-dates.js';

const VIEW_TIMEOUT_MS = 60_000;
const NEEDED = ['books', 'batches'];

/** Books that are paid side by side, so that many merchants’ payouts share a write to the disk. */
const AT_ONCE = 64;

/** What is asked to be paid: what is due on a date, or of that what was there when the date began, and only once. */
interface Asked {
  readonly date: string;
  readonly isByItself?: true;
}

/** Money that is due and stays where it is, in minor units. */
export interface Held extends BookName {
  readonly amount: bigint;
  readonly reason: HoldReason;
}

/** `decidedOn`: what is compared to tell whether it would come to the same again. */
interface Decided {
  readonly decision: PayoutDecision;
  readonly decidedOn: string;
}

/** A payout as its events left it, and where the last of them stands. */
export interface RecordedPayout {
  readonly payout: Payout;
  readonly position: Position;
}

/**
 * Pays merchants what is due. Payouts of a merchant and currency are numbered without gaps, and the next is decided on
 * books that show all before it: of two nodes that pay at the same time one finds its number taken.
 */
export class PayoutsCommandHandler {
  /** What the ledger last decided on by itself, of each book: the same again comes to the same. */
  private readonly decidedOn = new Map<string, string>();

  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  /** Pays what is due on a date, to every merchant; gives what is held back. */
  async run(
    date: string,
    by: Actor,
  ): Promise<{ readonly held: readonly Held[]; readonly position: Position }> {
    await this.catchUp();
    const held: Held[] = [];
    for (const books of inGroups(this.views.payouts.withMoney(), AT_ONCE)) {
      const decisions = await Promise.all(books.map((book) => this.pay(book, { date }, by)));
      for (const [index, { decision }] of decisions.entries()) {
        if (typeof decision !== 'object' || !('hold' in decision)) continue;
        const { merchantId, currency } = books[index] as BookName;
        held.push({ merchantId, currency, amount: decision.hold, reason: decision.reason });
      }
    }
    return { held, position: await this.catchUp() };
  }

  /**
   * What a new business date brings: reserve held until then is released, and what is due is paid, once for each
   * merchant, when all batches of the dates before are closed. What settled at once on that same date is paid with the next,
   * and so is all money of a merchant to whom a payout came back on it: its account may be closed, and someone must see to it.
   */
  async runDue(pace: Pace): Promise<void> {
    await this.catchUp(pace);
    if (await this.releaseReserves()) await this.catchUp(pace);
    const unclosed = new UnclosedDates(this.views);
    const books = this.views.payouts.withMoney();
    await sideBySide(books, AT_ONCE, (book) => this.payToday(book, unclosed));
    if (pace === 'awaited') await this.catchUp();
  }

  private async payToday(book: BookWithMoney, unclosed: UnclosedDates): Promise<void> {
    const { merchantId, currency, available } = book;
    const merchant = await this.known(book);
    const { date } = businessDay(this.clock.now(), merchant.settings);
    const name = `${merchantId} ${currency}`;
    const isDecided = this.decidedOn.get(name) === ground(date, available, policyOf(merchant));
    if (isDecided || unclosed.has(merchantId, date)) return;
    const { decidedOn } = await this.pay(book, { date, isByItself: true }, THE_LEDGER);
    this.decidedOn.set(name, decidedOn);
  }

  /** The merchant's bank has the money. Told again: the same answer, also when it has come back since. */
  paid(payoutId: string, bankReference: string | undefined, by: Actor) {
    return this.change('PayoutPaid', payoutId, by, (payout, fact) =>
      decidePaid(payout, fact, bankReference),
    );
  }

  /** The money came back, before or after it was paid: it is available again. */
  returned(payoutId: string, reason: string | undefined, by: Actor) {
    return this.change('PayoutReturned', payoutId, by, (payout, fact) =>
      decideReturned(payout, fact, reason),
    );
  }

  /** As it is now; undefined where there is none of that name. */
  async payout(payoutId: string): Promise<RecordedPayout | undefined> {
    if (!PAYOUT_NAME.test(payoutId)) return undefined;
    return foldPayout(await this.journal.read(streams.payout(payoutId)));
  }

  private async pay(book: BookName, { date, isByItself }: Asked, by: Actor): Promise<Decided> {
    return decidedAnew(async (attempt) => {
      if (attempt > 1) await this.catchUp();
      const merchant = await this.merchantOf(book);
      const policy = policyOf(merchant);
      const state = this.views.payouts.stateOf(book, date, isByItself && date);
      const decidedOn = ground(date, state.available, policy);
      if (isByItself && (state.isBegun || state.isBack)) {
        return { decision: 'nothing-due', decidedOn };
      }
      const decision = decidePayout(state, policy);
      if (typeof decision === 'object' && 'pay' in decision) {
        const number = state.sent + 1;
        await this.send(book, merchant, { date, number, amount: decision.pay }, by);
      }
      return { decision, decidedOn };
    });
  }

  private async send(
    { merchantId, currency }: BookName,
    { settings }: Merchant,
    {
      date,
      number,
      amount,
    }: { readonly date: string; readonly number: number; readonly amount: bigint },
    by: Actor,
  ): Promise<void> {
    const now = this.clock.now();
    const payoutId = payoutName(merchantId, currency, number);
    const event: PayoutEvent = {
      type: 'PayoutSent',
      data: {
        payoutId,
        merchantId,
        currency,
        number,
        amount: String(amount),
        date,
        ...(settings.payoutAccount && { account: settings.payoutAccount }),
        businessDate: businessDay(now, settings).date,
        occurredAt: timeText(now),
      },
    };
    const origin = { request: payoutId, by };
    await this.journal.append(streams.payout(payoutId), 'no-stream', [event], origin);
  }

  /** Makes reserve available whose date has come for its merchant. Gives whether there was any. */
  private async releaseReserves(): Promise<boolean> {
    let isReleased = false;
    for (const reserve of this.views.payouts.heldUntil(latestDate(this.clock.now()))) {
      const { merchantId, currency, heldUntil, held, releases } = reserve;
      const { settings } = await this.known(reserve);
      const now = this.clock.now();
      const { date: businessDate } = businessDay(now, settings);
      if (heldUntil > businessDate) continue;
      const occurredAt = timeText(now);
      const amount = String(held);
      const data = { merchantId, currency, amount, heldUntil, businessDate, occurredAt };
      const stream = streams.reserve(`${merchantId}.${currency}.${heldUntil}`);
      const expected = releases === 0 ? 'no-stream' : releases - 1;
      const origin = { request: stream, by: THE_LEDGER };
      const event = { type: 'ReserveReleased', data } as const;
      await ifFirst(this.journal.append(stream, expected, [event], origin));
      isReleased = true;
    }
    return isReleased;
  }

  private async change(
    type: PayoutEvent['type'],
    payoutId: string,
    by: Actor,
    decide: (payout: Payout, fact: PayoutFact) => PayoutEvent | Refusal | undefined,
  ): Promise<Outcome<RecordedPayout>> {
    const stream = streams.payout(payoutId);
    return decidedAnew(async () => {
      const events = PAYOUT_NAME.test(payoutId) ? await this.journal.read(stream) : [];
      const recorded = foldPayout(events);
      if (!recorded) return notRecorded(booksRefusals.unknownPayout());
      const { payout } = recorded;
      const { settings } = await this.merchantOf(payout);
      const event = decide(payout, factOf(payout, this.clock.now(), settings));
      if (!event) return { answer: asLeftBy(type, events) ?? recorded, replayed: true };
      if ('code' in event) return notRecorded(event);
      const origin = { request: payoutId, by };
      const expected = events.length - 1;
      const { position, repeated } = await this.journal.append(stream, expected, [event], origin);
      const changed = evolvePayout(payout, event) ?? payout;
      return { answer: { payout: changed, position }, replayed: repeated };
    });
  }

  /** As it is in memory, where it is. */
  private async known(book: BookName): Promise<Merchant> {
    return this.directory.known(book.merchantId) ?? (await this.merchantOf(book));
  }

  /** As it stands at this moment: another node may have frozen it. */
  private async merchantOf({ merchantId }: BookName): Promise<Merchant> {
    const record = await this.directory.current(merchantId);
    if (!record) throw new Error(`merchant ${merchantId} has books and was never registered`);
    return record.merchant;
  }

  private async catchUp(pace: Pace = 'awaited'): Promise<Position> {
    const head = await this.journal.head();
    if (pace === 'at-ease') await this.views.letCome(head, NEEDED, VIEW_TIMEOUT_MS);
    else await this.views.waitFor(head, NEEDED, VIEW_TIMEOUT_MS);
    return head;
  }
}

function policyOf({ rights, settings }: Merchant): PayoutPolicy {
  return {
    isFrozen: rights.payout === 'frozen',
    minimum: BigInt(settings.payoutMinimum ?? 0),
  };
}

/** What a decision goes by, as a text that is compared. */
function ground(date: string, available: bigint, { isFrozen, minimum }: PayoutPolicy): string {
  return `${date} ${available} ${isFrozen} ${minimum}`;
}

function foldPayout(events: readonly RecordedEvent[]): RecordedPayout | undefined {
  const last = events.at(-1);
  const payout = events.reduce<Payout | undefined>(
    (state, { event }) => evolvePayout(state, event as PayoutEvent),
    undefined,
  );
  return payout && last && { payout, position: last.position };
}

/** As it was when it was first told so. */
function asLeftBy(
  type: PayoutEvent['type'],
  events: readonly RecordedEvent[],
): RecordedPayout | undefined {
  return foldPayout(events.slice(0, events.findIndex(({ event }) => event.type === type) + 1));
}

function factOf(payout: Payout, now: number, settings: Merchant['settings']) {
  const { payoutId, merchantId, currency, amount } = payout;
  const businessDate = businessDay(now, settings).date;
  return { payoutId, merchantId, currency, amount, businessDate, occurredAt: timeText(now) };
}

/** No zone's business date is further than this. */
function latestDate(now: number): string {
  return addDays(timeText(now).slice(0, 10), 2);
}
