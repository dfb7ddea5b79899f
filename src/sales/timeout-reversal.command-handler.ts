import type { Batch, OpenBatches } from '../batches/open-batches.js';
import { ConflictError, type Position } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { LedgerEvent, RecordedEvent } from '../ledger/domain/ledger-event.js';
import { requestName, streams } from '../ledger/domain/request-name.js';
import type { Journal, Origin } from '../ledger/journal.js';
import { OneAtATime } from '../ledger/one-at-a-time.js';
import { type BusinessDay, businessDay } from '../merchants/domain/business-day.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import type { Refusal } from './domain/refusal.js';
import { requestRefusals } from './domain/request-refusals.js';
import type { ReversalData, RequestEvent, SaleEvent } from './domain/sale.events.js';
import { differingFields, type FirstEvent, fingerprintOf } from './domain/same-content.js';
import {
  decideTimeoutReversal,
  type Original,
  originalOf,
  outcomeOf,
  type TimeoutReversal,
} from './domain/timeout-reversal.js';
import { readRequest } from './recorded-request.js';
import { foldSale } from './recorded-sale.js';
import type { Outcome, Rejected, Sent, TimeoutReversalAnswer } from './sales.commands.js';

/** How often a decision is taken anew because the original changed under it. */
const ATTEMPTS = 10;

/** A time-out reversal on its way. Its name is taken. */
interface Request {
  readonly name: string;
  readonly command: TimeoutReversal;
  readonly day: BusinessDay;
  readonly now: number;
  readonly origin: Origin;
}

/**
 * Undoes a request whose outcome its terminal never learned. The reversal takes its own name first; what it does is
 * then decided, and written, on the stream that the original has changed or would change.
 */
export class TimeoutReversalCommandHandler {
  private readonly turns = new OneAtATime();

  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly batches: OpenBatches,
    private readonly clock: Clock,
  ) {}

  /** @throws StoreUnavailableError, ViewBehindError while a restarted ledger learns its open batches */
  reverse(command: TimeoutReversal, sent: Sent): Promise<Outcome<TimeoutReversalAnswer>> {
    const name = requestName(command);
    return this.turns.run(name, async () => {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        try {
          return await this.once(name, command, sent);
        } catch (error) {
          if (!(error instanceof ConflictError)) throw error;
        }
      }
      return notRecorded(requestRefusals.conflict());
    });
  }

  private async once(
    name: string,
    command: TimeoutReversal,
    sent: Sent,
  ): Promise<Outcome<TimeoutReversalAnswer>> {
    const own = await this.journal.read(streams.request(name));
    const first = own[0]?.event as FirstEvent | (SaleEvent & { type: 'Reversal' }) | undefined;
    if (first?.type === 'Reversal') return notRecorded(requestRefusals.reversed());
    if (first) {
      const asked = { kind: 'timeout-reversal', content: sent.content } as const;
      const differing = differingFields(fingerprintOf(first), asked);
      if (differing.length > 0) return notRecorded(requestRefusals.nameUsed(differing));
      const earlier = await this.earlierOutcome(name, command, own);
      if (earlier) return earlier;
    }
    const merchant = (await this.directory.find(command.merchantId))?.merchant;
    if (!merchant) return notRecorded(requestRefusals.unknownMerchant());
    if (!merchant.terminals.has(command.terminalId)) {
      return notRecorded(requestRefusals.unknownTerminal());
    }
    const batch = await this.batches.find(command);
    const now = this.clock.now();
    const day = businessDay(now, merchant.settings);
    const origin = { request: name, by: sent.by, correlationId: sent.correlationId };
    const request = { name, command, day, now, origin };
    // One that was let in before goes on, whatever its batch is now.
    return first ? this.decide(request, sent) : this.enter(request, batch, sent);
  }

  private async earlierOutcome(
    name: string,
    command: TimeoutReversal,
    own: readonly RecordedEvent[],
  ): Promise<Outcome<TimeoutReversalAnswer> | undefined> {
    const written = own.at(-1);
    if (written?.event.type === 'Refused') {
      const position = written.position as Position;
      return { refusal: written.event.data.refusal, position, replayed: true };
    }
    if (written?.event.type === 'NothingToReverse') {
      return { answer: answerOf(written.event, written.position as Position), replayed: true };
    }
    const { events } = await this.original(command);
    const done = events.find(
      ({ event }) => event.type === 'Reversal' && event.data.request === name,
    );
    if (done?.event.type !== 'Reversal') return undefined;
    return { answer: answerOf(done.event, done.position as Position), replayed: true };
  }

  /** The name is taken in the turn in which the batch lets the request in. */
  private async enter(
    request: Request,
    batch: Batch,
    sent: Sent,
  ): Promise<Outcome<TimeoutReversalAnswer>> {
    const shut = this.batches.enter(batch, request.day);
    const taken = requestTaken(request, sent);
    if (shut) {
      const events = [taken, refused(request, sent, shut)];
      const { position } = await this.append(request.name, 'no-stream', events, request);
      return { refusal: shut, position, replayed: false };
    }
    let recorded = false;
    try {
      await this.append(request.name, 'no-stream', [taken], request);
      recorded = true;
      return await this.decide(request, sent);
    } finally {
      this.batches.leave(batch, recorded);
    }
  }

  private async decide(request: Request, sent: Sent): Promise<Outcome<TimeoutReversalAnswer>> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const { original } = await this.original(request.command);
      const release = original.is === 'effect' ? await this.hold(request) : undefined;
      try {
        return await this.carryOut(request, sent, original, release === false);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      } finally {
        if (release) release();
      }
    }
    return notRecorded(requestRefusals.conflict());
  }

  /** Keeps the original's batch from closing meanwhile; false when it has been, or is being, closed. */
  private async hold({ command, day }: Request): Promise<(() => void) | false> {
    const { merchantId, terminalId, original } = command;
    const batch = await this.batches.find({ merchantId, terminalId, batchNo: original.batchNo });
    if (this.batches.enter(batch, batch.day ?? day)) return false;
    return () => {
      this.batches.leave(batch, true);
    };
  }

  private async carryOut(
    request: Request,
    sent: Sent,
    original: Original,
    isCleared: boolean,
  ): Promise<Outcome<TimeoutReversalAnswer>> {
    const { command, day, now } = request;
    const context = { day, occurredAt: timeText(now), isCleared };
    const decided = decideTimeoutReversal(command, original, context);
    if ('refusal' in decided) return this.refuse(request, sent, decided.refusal);
    if ('nothing' in decided) {
      const { position } = await this.append(request.name, 0, [decided.nothing], request);
      return { answer: answerOf(decided.nothing, position), replayed: false };
    }
    if ('takeName' in decided) {
      const { takeName: event } = decided;
      const { position } = await this.append(event.data.of, 'no-stream', [event], request);
      return { answer: answerOf(event, position), replayed: false };
    }
    const { undo, sale } = decided;
    const { position } = await this.append(sale.data.saleId, sale.revision, [undo], request);
    return { answer: answerOf(undo, position), replayed: false };
  }

  /** The original, and the events of the stream that it has changed or would change. */
  private async original({ merchantId, terminalId, original }: TimeoutReversal) {
    const name = requestName({ merchantId, terminalId, ...original });
    const { own, onSale } = await readRequest(this.journal, name);
    const facts = (events: readonly RecordedEvent[]) =>
      events.map(({ event }) => event as SaleEvent | RequestEvent);
    const sale = foldSale(onSale)?.sale;
    const about = sale && { sale, events: facts(onSale) };
    return { original: originalOf(name, facts(own), about), events: onSale };
  }

  private async refuse(request: Request, sent: Sent, refusal: Refusal): Promise<Rejected> {
    const events = [refused(request, sent, refusal)];
    const { position } = await this.append(request.name, 0, events, request);
    return { refusal, position, replayed: false };
  }

  private append(
    name: string,
    expected: number | 'no-stream',
    events: readonly LedgerEvent[],
    { origin }: Request,
  ) {
    return this.journal.append(streams.request(name), expected, events, origin);
  }
}

function answerOf(
  { data }: { readonly data: ReversalData | NothingToReverse },
  position: Position,
): TimeoutReversalAnswer {
  const { saleId } = data;
  return {
    outcome: 'outcome' in data ? data.outcome : outcomeOf(data),
    ...(saleId !== undefined && { saleId }),
    position,
    responseCode: '00',
  };
}

type NothingToReverse = (RequestEvent & { readonly type: 'NothingToReverse' })['data'];

function notRecorded(refusal: Refusal): Rejected {
  return { refusal, replayed: false };
}

function requestFact({ name, command, day, now }: Request, { content }: Sent) {
  const { merchantId, terminalId, batchNo, stan, original } = command;
  return {
    request: name,
    kind: 'timeout-reversal',
    target: requestName({ merchantId, terminalId, ...original }),
    content,
    merchantId,
    terminalId,
    batchNo,
    stan,
    businessDate: day.date,
    occurredAt: timeText(now),
  } as const;
}

function requestTaken(request: Request, sent: Sent): RequestEvent {
  return { type: 'RequestTaken', data: requestFact(request, sent) };
}

function refused(request: Request, sent: Sent, refusal: Refusal): RequestEvent {
  return { type: 'Refused', data: { ...requestFact(request, sent), refusal } };
}
