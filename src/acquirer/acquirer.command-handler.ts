import { isDeepStrictEqual } from 'node:util';
import type { Position } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { Actor, RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import { ifFirst } from '../ledger/if-first.js';
import type { Journal } from '../ledger/journal.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';
import type { AcquirerEvent } from './domain/acquirer.events.js';

type Payment = AcquirerEvent['data'];

export interface RecordedPayment {
  readonly payment: Payment;
  readonly position: Position;
}

/** What the acquirer has paid, as it reports it: one fact a payment, under the payment's own name. */
export class AcquirerCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly clock: Clock,
  ) {}

  /** The same payment again: the same answer. Another under its name is refused. */
  async record(sent: Omit<Payment, 'occurredAt'>, by: Actor): Promise<Outcome<RecordedPayment>> {
    for (const merchantId of new Set(sent.lines.map((line) => line.merchantId))) {
      if (await this.directory.find(merchantId)) continue;
      return notRecorded(requestRefusals.unknownMerchant());
    }
    const stream = streams.acquirer(sent.paymentId);
    const payment = { ...sent, occurredAt: timeText(this.clock.now()) };
    const origin = { request: sent.paymentId, by };
    const event = { type: 'AcquirerPaid', data: payment } as const;
    const appended = await ifFirst(this.journal.append(stream, 'no-stream', [event], origin));
    if (appended) {
      const { position, repeated } = appended;
      return { answer: { payment, position }, replayed: repeated };
    }
    const held = await this.payment(sent.paymentId);
    if (!held) throw new Error(`stream ${stream} conflicts, but is empty`);
    const differing = differingFields(sent, held.payment);
    return differing.length > 0
      ? notRecorded(requestRefusals.idUsed(differing))
      : { answer: held, replayed: true };
  }

  async payment(paymentId: string): Promise<RecordedPayment | undefined> {
    const [first] = await this.journal.read(streams.acquirer(paymentId));
    return first && recorded(first);
  }
}

function recorded({ event, position }: RecordedEvent): RecordedPayment {
  return { payment: (event as AcquirerEvent).data, position };
}

const FIELDS = ['currency', 'receivedOn', 'reference', 'lines'] as const;

function differingFields(sent: Omit<Payment, 'occurredAt'>, held: Payment): string[] {
  return FIELDS.filter((field) => !isDeepStrictEqual(sent[field], held[field]));
}
