import type { Left } from '../batches/batch.js';
import type { OpenBatches } from '../batches/open-batches.js';
import type { Position } from '../event-store/event-store.js';
import { timeText } from '../ledger/clock.js';
import { inTime } from '../ledger/decided-anew.js';
import type { EventData, RecordedEvent } from '../ledger/domain/ledger-event.js';
import { requestName, streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { DaySums } from './day-sums.js';
import { isBar } from './domain/barred.js';
import { requestRefusals } from './domain/request-refusals.js';
import type { Sale } from './domain/sale.js';
import type { ReversalData, RequestEvent, SaleEvent } from './domain/sale.events.js';
import {
  decideTimeoutReversal,
  type Original,
  originalOf,
  outcomeOf,
  type ReversalDecision,
  type TimeoutReversal,
} from './domain/timeout-reversal.js';
import { causedBy, type NamedRequest, type NamedRequests } from './named-requests.js';
import { readRequest } from './recorded-request.js';
import { foldSale } from './recorded-sale.js';
import type { Outcome, Sent, TimeoutReversed } from './sales.commands.js';

/** A time-out reversal on its way. */
interface Request extends NamedRequest {
  readonly command: TimeoutReversal;
}

/**
 * Undoes a request whose outcome its terminal never learned. The reversal takes its own name first; what it does is
 * then decided, and written, on the stream that the original has changed or would change.
 */
export class TimeoutReversalCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly requests: NamedRequests,
    private readonly batches: OpenBatches,
    private readonly daySums: Pick<DaySums, 'undone'>,
  ) {}

  /** @throws StoreUnavailableError, ViewBehindError while a restarted ledger learns its open batches */
  reverse(command: TimeoutReversal, sent: Sent): Promise<Outcome<TimeoutReversed>> {
    const { merchantId, terminalId, original } = command;
    const target = requestName({ merchantId, terminalId, ...original });
    const asked = { identity: command, kind: 'timeout-reversal', target, sent } as const;
    return this.requests.handle(asked, {
      earlier: (own) => Promise.resolve(ownOutcome(own)),
      reversed: () => Promise.resolve(requestRefusals.reversed()),
      // One that was let in before goes on, whatever its batch is now.
      decide: (request) =>
        request.taken ? this.decide({ ...request, command }) : this.enter({ ...request, command }),
    });
  }

  /** The first fact is written in the turn in which the batch lets the request in. */
  private async enter(request: Request): Promise<Outcome<TimeoutReversed>> {
    const batch = await this.batches.find(request.command);
    const found = await this.original(request.command);
    const hold = await this.hold(request, found);
    const shut = batch.enter(request.day);
    let left: Left = 'nothing';
    try {
      const decided = shut ? { refusal: shut } : judge(request, found, hold);
      if (isOwn(decided)) {
        const outcome = await this.conclude(request, decided, found);
        left = 'fact';
        return outcome;
      }
      await this.requests.take(request);
      left = 'fact';
      return await this.undo(request, decided);
    } finally {
      if (!shut) batch.leave(left);
      else if (left === 'fact') batch.refused(request.day);
      hold.release();
    }
  }

  /** Of a request whose name is taken. */
  private async decide(request: Request): Promise<Outcome<TimeoutReversed>> {
    const found = await this.original(request.command);
    const earlier = answered(request.name, found);
    if (earlier) return earlier;
    const hold = await this.hold(request, found);
    try {
      const decided = judge(request, found, hold);
      return isOwn(decided)
        ? await this.conclude(request, decided, found)
        : await this.undo(request, decided);
    } finally {
      hold.release();
    }
  }

  /** Keeps the batch of what may be undone from closing meanwhile, unless it has been, or is being, closed. */
  private async hold({ command, day }: Request, { original: { is } }: Found): Promise<Hold> {
    const nothing = (): void => undefined;
    if (is !== 'effect') return { isCleared: false, release: nothing };
    const { merchantId, terminalId, original } = command;
    const own = { merchantId, terminalId, batchNo: original.batchNo };
    const batch = await this.batches.find(own);
    // A close may be on its way again by the time that one is known of.
    while (batch.enter(batch.day ?? day)) {
      if ((await this.batches.status(own)) !== 'open') return { isCleared: true, release: nothing };
    }
    const release = (): void => {
      batch.leave('fact');
    };
    return { isCleared: false, release };
  }

  /** Writes an outcome that leaves the original as it is. */
  private async conclude(
    request: Request,
    decided: Own,
    { sale }: Found,
  ): Promise<Outcome<TimeoutReversed>> {
    if ('refusal' in decided) return this.requests.refuse(request, decided.refusal, sale);
    const { nothing } = decided;
    const { position } = request.taken
      ? await this.requests.write(request, 0, [nothing])
      : await this.requests.take(request, nothing);
    return { answer: answerOf(nothing, position), replayed: false };
  }

  private async undo(request: Request, decided: Undoing): Promise<Outcome<TimeoutReversed>> {
    const { stream, expected, before, event } =
      'takeName' in decided
        ? { ...FREE_NAME, stream: decided.takeName.data.of, event: decided.takeName }
        : onSale(decided);
    inTime(request.since);
    const { position } = await this.journal.append(
      streams.request(stream),
      expected,
      [...before, event],
      causedBy(request),
    );
    this.daySums.undone(position);
    return { answer: answerOf(event, position), replayed: false };
  }

  /** The original, and the events of the stream that it has changed or would change. */
  private async original({ merchantId, terminalId, original }: TimeoutReversal): Promise<Found> {
    const name = requestName({ merchantId, terminalId, ...original });
    const { own, onSale } = await readRequest(this.journal, name);
    const facts = (events: readonly RecordedEvent[]) =>
      events.map(({ event }) => event as SaleEvent | RequestEvent);
    const sale = foldSale(onSale)?.sale;
    const about = sale && { sale, events: facts(onSale) };
    return { original: originalOf(name, facts(own), about), sale, events: onSale };
  }
}

/** What the ledger has of the original. */
interface Found {
  readonly original: Original;
  /** The sale that it is, or is about. */
  readonly sale: Sale | undefined;
  readonly events: readonly RecordedEvent[];
}

/** `isCleared`: the batch is closing or closed, so that the money of a refund in it is on its way. */
interface Hold {
  readonly isCleared: boolean;
  readonly release: () => void;
}

type Own = Extract<ReversalDecision, { readonly refusal: unknown } | { readonly nothing: unknown }>;
type Undoing = Exclude<ReversalDecision, Own>;

/** Whether the outcome stands under the request's own name. */
function isOwn(decided: ReversalDecision): decided is Own {
  return 'refusal' in decided || 'nothing' in decided;
}

function judge(
  { name, command, merchant, day, now }: Request,
  { original, sale }: Found,
  { isCleared }: Hold,
): ReversalDecision {
  if (sale?.undone.includes(name)) return { refusal: requestRefusals.reversed() };
  const { timeZone } = merchant.settings;
  const context = { day, occurredAt: timeText(now), isCleared, timeZone };
  return decideTimeoutReversal(command, original, context);
}

/** What it came to under its own name, where it did; what it did to a sale is found as it is decided. */
function ownOutcome(own: readonly RecordedEvent[]): Outcome<TimeoutReversed> | undefined {
  const written = own.at(-1);
  if (written?.event.type === 'Refused') {
    return { refusal: written.event.data.refusal, position: written.position, replayed: true };
  }
  if (written?.event.type === 'NothingToReverse') {
    return { answer: answerOf(written.event, written.position), replayed: true };
  }
  return undefined;
}

/** What the reversal of this name has done, where it has: it may be another node that has, a moment ago. */
function answered(name: string, { events }: Found): Outcome<TimeoutReversed> | undefined {
  for (const { event, position } of events) {
    if (event.type === 'Reversal' && event.data.request === name && !isBar(event.data)) {
      return { answer: answerOf(event, position), replayed: true };
    }
  }
  return undefined;
}

const FREE_NAME = { expected: 'no-stream', before: [] } as const;

function onSale({ undo, before = [], sale }: Extract<ReversalDecision, { undo: object }>) {
  return { stream: sale.data.saleId, expected: sale.revision, before, event: undo };
}

function answerOf(
  { data }: { readonly data: ReversalData | NothingToReverse },
  position: Position,
): TimeoutReversed {
  const { saleId } = data;
  return {
    outcome: 'outcome' in data ? data.outcome : outcomeOf(data),
    ...(saleId !== undefined && { saleId }),
    position,
    responseCode: '00',
  };
}

type NothingToReverse = EventData<'NothingToReverse'>;
