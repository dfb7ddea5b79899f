import type { OpenBatches } from '../batches/open-batches.js';
import type { Position } from '../event-store/event-store.js';
import { timeText } from '../ledger/clock.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { requestName, streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { ReversalData, RequestEvent, SaleEvent } from './domain/sale.events.js';
import {
  decideTimeoutReversal,
  type Original,
  originalOf,
  outcomeOf,
  type TimeoutReversal,
} from './domain/timeout-reversal.js';
import { type NamedRequest, type NamedRequests, originOf } from './named-requests.js';
import { readRequest } from './recorded-request.js';
import { foldSale } from './recorded-sale.js';
import type { Outcome, Sent, TimeoutReversalAnswer } from './sales.commands.js';

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
  ) {}

  /** @throws StoreUnavailableError, ViewBehindError while a restarted ledger learns its open batches */
  reverse(command: TimeoutReversal, sent: Sent): Promise<Outcome<TimeoutReversalAnswer>> {
    const { merchantId, terminalId, original } = command;
    const target = requestName({ merchantId, terminalId, ...original });
    const asked = { identity: command, kind: 'timeout-reversal', target, sent } as const;
    return this.requests.handle(asked, {
      earlier: (own) => this.earlierOutcome(requestName(command), command, own),
      // One that was let in before goes on, whatever its batch is now.
      decide: (request) =>
        request.taken ? this.decide({ ...request, command }) : this.enter({ ...request, command }),
    });
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
  private async enter(request: Request): Promise<Outcome<TimeoutReversalAnswer>> {
    const batch = await this.batches.find(request.command);
    const shut = this.batches.enter(batch, request.day);
    if (shut) return this.requests.refuse(request, shut);
    let recorded = false;
    try {
      await this.requests.take(request);
      recorded = true;
      return await this.decide({ ...request, taken: true });
    } finally {
      this.batches.leave(batch, recorded);
    }
  }

  private async decide(request: Request): Promise<Outcome<TimeoutReversalAnswer>> {
    const { original } = await this.original(request.command);
    const release = original.is === 'effect' ? await this.hold(request) : undefined;
    try {
      return await this.carryOut(request, original, release === false);
    } finally {
      if (release) release();
    }
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
    original: Original,
    isCleared: boolean,
  ): Promise<Outcome<TimeoutReversalAnswer>> {
    const { command, day, now } = request;
    const context = { day, occurredAt: timeText(now), isCleared };
    const decided = decideTimeoutReversal(command, original, context);
    if ('refusal' in decided) return this.requests.refuse(request, decided.refusal);
    if ('nothing' in decided) {
      const { position } = await this.requests.write(request, 0, [decided.nothing]);
      return { answer: answerOf(decided.nothing, position), replayed: false };
    }
    const [stream, expected, event] =
      'takeName' in decided
        ? ([decided.takeName.data.of, 'no-stream', decided.takeName] as const)
        : ([decided.sale.data.saleId, decided.sale.revision, decided.undo] as const);
    const { position } = await this.journal.append(
      streams.request(stream),
      expected,
      [event],
      originOf(request),
    );
    return { answer: answerOf(event, position), replayed: false };
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
