import { ConflictError, type Position } from '../event-store/event-store.js';
import { decidedAnew } from '../ledger/decided-anew.js';
import { type Clock, timeText } from '../ledger/clock.js';
import { moneyText } from '../ledger/domain/decimal.js';
import type { Actor, EventData, RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import { OneAtATime } from '../ledger/one-at-a-time.js';
import { businessDay } from '../merchants/domain/business-day.js';
import type { Merchant } from '../merchants/domain/merchant.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import { booksRefusals } from '../payouts/domain/books-refusals.js';
import type { Views } from '../projections/views.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';

/** What is compared when the same name comes again. */
interface Sent {
  readonly currency: string;
  readonly amount: number | undefined;
  readonly reason: string;
  readonly evidenceRef: string | undefined;
}

/** Without a currency the merchant's own; without an amount all that it owes. */
export interface WriteOff {
  readonly writeOffId: string;
  readonly currency?: string;
  readonly amount?: number;
  readonly reason: string;
  readonly evidenceRef?: string;
}

type WrittenOff = EventData<'WrittenOff'>;

/** What was given up, and where that stands in the log. */
export interface RecordedWriteOff {
  readonly writtenOff: WrittenOff;
  readonly position: Position;
}

/** Gives up what a merchant owes. */
export class WriteOffsCommandHandler {
  /** Of a merchant: the next is decided on books that show those before it. */
  private readonly queue = new OneAtATime();

  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  /** Never more than is owed when it is decided. The same again: the same answer. */
  async writeOff(
    merchantId: string,
    command: WriteOff,
    by: Actor,
  ): Promise<Outcome<RecordedWriteOff>> {
    const merchant = (await this.directory.find(merchantId))?.merchant;
    if (!merchant) return notRecorded(requestRefusals.unknownMerchant());
    const { currency = merchant.settings.currency } = command;
    return this.queue.run(merchantId, () =>
      decidedAnew(() => this.decide(merchant, { ...command, currency }, by)),
    );
  }

  /** @throws ConflictError when another node has written one off meanwhile */
  private async decide(
    { merchantId, settings }: Merchant,
    { writeOffId, currency, amount, reason, evidenceRef }: WriteOff & { readonly currency: string },
    by: Actor,
  ): Promise<Outcome<RecordedWriteOff>> {
    const stream = streams.writeOffs(merchantId);
    const before = await this.journal.read(stream);
    const isThis = ({ event }: RecordedEvent) =>
      (event.data as WrittenOff).writeOffId === writeOffId;
    const earlier = before.find(isThis) ?? (await this.older(merchantId, writeOffId));
    if (earlier) return replay(earlier, { currency, amount, reason, evidenceRef });
    await this.views.waitFor(await this.journal.head(), ['books']);
    const owed = this.owed(merchantId, currency);
    const given = BigInt(amount ?? owed);
    if (given > owed || given === 0n) {
      // The books may already show what another node wrote since the stream was read: this very write-off, too.
      const last = (await this.journal.read(stream, before.length)).at(-1);
      if (last) throw new ConflictError(stream, before.length - 1, last.revision);
      return notRecorded(booksRefusals.aboveReceivable(moneyText(owed, currency)));
    }
    const now = this.clock.now();
    const data: WrittenOff = {
      ...{ writeOffId, merchantId, currency, amount: String(given), reason },
      ...(evidenceRef !== undefined && { evidenceRef }),
      businessDate: businessDay(now, settings).date,
      occurredAt: timeText(now),
    };
    const event = { type: 'WrittenOff', data } as const;
    const expected = before.at(-1)?.revision ?? 'no-stream';
    const origin = { request: writeOffId, by };
    const { position } = await this.journal.append(stream, expected, [event], origin);
    return { answer: { writtenOff: data, position }, replayed: false };
  }

  /** From when each write-off had a stream of its own. */
  private async older(merchantId: string, writeOffId: string): Promise<RecordedEvent | undefined> {
    return (await this.journal.read(streams.writeOffs(`${merchantId}.${writeOffId}`)))[0];
  }

  private owed(merchantId: string, currency: string): bigint {
    const balances = this.views.books.balances(merchantId);
    return balances.find((balance) => balance.currency === currency)?.receivable ?? 0n;
  }
}

function replay({ event, position }: RecordedEvent, sent: Sent): Outcome<RecordedWriteOff> {
  const writtenOff = event.data as WrittenOff;
  const { amount, ...rest } = sent;
  const differing = [
    ...(amount !== undefined && String(amount) !== writtenOff.amount ? ['amount'] : []),
    ...(['currency', 'reason', 'evidenceRef'] as const).filter(
      (field) => rest[field] !== writtenOff[field],
    ),
  ];
  if (differing.length > 0) {
    return notRecorded(requestRefusals.idUsed(differing));
  }
  return { answer: { writtenOff, position }, replayed: true };
}
