import { randomBytes } from 'node:crypto';
import { StoreUnavailableError } from '../event-store/event-store.js';
import { decidedAnew } from '../ledger/decided-anew.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { idOf } from '../ledger/event-codec.js';
import { type RequestIdentity, requestName, streams } from '../ledger/domain/request-name.js';
import type { Journal, Origin } from '../ledger/journal.js';
import { OneAtATime } from '../ledger/one-at-a-time.js';
import { type BusinessDay, businessDay } from '../merchants/domain/business-day.js';
import type { Merchant } from '../merchants/domain/merchant.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import { barred } from './domain/barred.js';
import type { Refusal } from './domain/refusal.js';
import { requestRefusals } from './domain/request-refusals.js';
import type { Sale } from './domain/sale.js';
import type { RequestEvent, RequestKind, SaleEvent } from './domain/sale.events.js';
import {
  differingFields,
  fingerprint,
  type FirstEvent,
  fingerprintOf,
} from './domain/same-content.js';
import { notRecorded, type Outcome, type Rejected, type SentOnSale } from './sales.commands.js';

/** What a terminal asks for under a name that it takes first. */
export interface AskedRequest {
  readonly identity: RequestIdentity;
  readonly kind: Exclude<RequestKind, 'sale'>;
  /** The sale it is about; of a time-out reversal, the request that it is to undo. */
  readonly target: string;
  readonly sent: SentOnSale;
}

/** Such a request on its way, and the moment at which it is decided. */
export interface NamedRequest extends AskedRequest {
  readonly name: string;
  readonly merchant: Merchant;
  readonly day: BusinessDay;
  readonly now: number;
  /** When what it is decided on began to be asked for, by `performance.now`. */
  readonly since: number;
  /** True when its name was taken before, and only its outcome is lacking. */
  readonly taken: boolean;
  /** Id of the event that took it then. */
  readonly takenBy: string | undefined;
  /** Who takes it now, where several nodes may. */
  readonly node: string | undefined;
}

/** What the kinds of requests do each in their own way. */
export interface Handling<A> {
  /** What was answered before, if anything was. `own`: the events under the name. */
  earlier(own: readonly RecordedEvent[]): Promise<Outcome<A> | undefined>;
  decide(request: NamedRequest): Promise<Outcome<A>>;
  /** Why it can't be any more, when a time-out reversal has its name, which is final and needs no `Refused` beside it. */
  reversed(request: NamedRequest): Promise<Refusal>;
}

/**
 * Requests that take their name in a stream of their own before they change anything: one at a time for each name,
 * compared with what came under it before, and decided anew when a stream changed meanwhile.
 */
export class NamedRequests {
  private readonly turns = new OneAtATime();
  /** What has lost a race for the same sale goes on one after the other. */
  private readonly targetTurns = new OneAtATime();
  /** Those under way whose name is taken: where the store fails them, the sweep may still bring them to their effect. */
  private readonly standing = new Set<string>();

  /**
   * Stands in what takes a name: two nodes that do so in the same millisecond would else write the same event, and the
   * store would take the second for a repeat of the first.
   */
  private readonly node: string | undefined;

  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly clock: Clock,
  ) {
    this.node = journal.isShared ? randomBytes(4).toString('hex') : undefined;
  }

  handle<A>(asked: AskedRequest, handling: Handling<A>): Promise<Outcome<A>> {
    const name = requestName(asked.identity);
    const once = () => this.once(name, asked, handling);
    return this.turns.run(name, async () => {
      try {
        return await decidedAnew((attempt) =>
          attempt === 1 ? once() : this.targetTurns.run(asked.target, once),
        );
      } catch (error) {
        if (!(error instanceof StoreUnavailableError && this.standing.has(name))) throw error;
        throw new StoreUnavailableError(error.message, 'unknown', { cause: error });
      } finally {
        this.standing.delete(name);
      }
    });
  }

  private async once<A>(
    name: string,
    asked: AskedRequest,
    handling: Handling<A>,
  ): Promise<Outcome<A>> {
    const own = await this.journal.read(streams.request(name));
    const first = own[0]?.event as FirstEvent | (SaleEvent & { type: 'Reversal' }) | undefined;
    if (first && first.type !== 'Reversal') {
      const { kind, target, sent } = asked;
      const now = fingerprint(kind, target, sent.content);
      const differing = differingFields(fingerprintOf(first), now);
      if (differing.length > 0) return notRecorded(requestRefusals.nameUsed(differing));
      const earlier = await handling.earlier(own);
      if (earlier) return earlier;
    }
    if (first?.type === 'RequestTaken') this.standing.add(name);
    const since = performance.now();
    const { merchantId, terminalId } = asked.identity;
    const merchant = (await this.directory.find(merchantId, terminalId))?.merchant;
    if (!merchant) return notRecorded(requestRefusals.unknownMerchant());
    if (!merchant.terminals.has(terminalId)) return notRecorded(requestRefusals.unknownTerminal());
    const now = this.clock.now();
    const day = businessDay(now, merchant.settings);
    const ifMatch = first?.type === 'RequestTaken' ? first.data.ifMatch : asked.sent.ifMatch;
    const sent = { ...asked.sent, ifMatch };
    const request: NamedRequest = {
      ...asked,
      sent,
      name,
      merchant,
      day,
      now,
      since,
      taken: first !== undefined,
      takenBy: own[0]?.id,
      node: this.node,
    };
    if (first?.type === 'Reversal') return notRecorded(await handling.reversed(request));
    return handling.decide(request);
  }

  /** With its outcome, where that stands under the same name. @throws ConflictError when the name is taken by then */
  async take(request: NamedRequest, ...outcome: readonly RequestEvent[]) {
    const taken = await this.write(request, 'no-stream', [requestTaken(request), ...outcome]);
    this.standing.add(request.name);
    return taken;
  }

  /**
   * Writes the refusal down, with the name if that is not yet taken: final for this request. `sale`: the one that it
   * was decided on, where there is one.
   * @throws ConflictError when the sale has changed since, or something else became of the request
   */
  async refuse(request: NamedRequest, refusal: Refusal, sale: Sale | undefined): Promise<Rejected> {
    if (request.taken && sale) await this.bar(request, sale);
    const refused: RequestEvent = { type: 'Refused', data: { ...requestFact(request), refusal } };
    const { position } = request.taken
      ? await this.write(request, 0, [refused])
      : await this.take(request, refused);
    return { refusal, position, replayed: false };
  }

  /**
   * Once the name is taken, another node may be about to write the request's effect, or to refuse it. What its sale's
   * stream has first, the effect or this, is what counts.
   */
  private async bar(request: NamedRequest, sale: Sale): Promise<void> {
    const { name, identity, day, now } = request;
    if (!this.journal.isShared || sale.undone.includes(name)) return;
    const { saleId } = sale.data;
    const fact = { request: name, businessDate: day.date, occurredAt: timeText(now) };
    const events = [barred({ ...identity, ...fact }, saleId)];
    await this.journal.append(streams.request(saleId), sale.revision, events, causedBy(request));
  }

  /** Writes what became of the request under its own name, which is taken. */
  write(request: NamedRequest, expected: 0 | 'no-stream', events: readonly RequestEvent[]) {
    const origin = request.taken ? causedBy(request) : originOf(request);
    return this.journal.append(streams.request(request.name), expected, events, origin);
  }
}

function originOf({ name, sent }: NamedRequest): Origin {
  return { request: name, by: sent.by };
}

/** Of what comes of a request whose name is taken, or on its way to be. */
export function causedBy(request: NamedRequest): Origin {
  const causationId = request.takenBy ?? idOf(requestTaken(request), request.name);
  return { ...originOf(request), causationId };
}

function requestFact({ name, identity, kind, target, sent, day, now }: NamedRequest) {
  const { merchantId, terminalId, batchNo, stan } = identity;
  return {
    request: name,
    kind,
    target,
    content: sent.content,
    merchantId,
    terminalId,
    batchNo,
    stan,
    businessDate: day.date,
    occurredAt: timeText(now),
  };
}

function requestTaken(request: NamedRequest): RequestEvent {
  const { ifMatch } = request.sent;
  const { node } = request;
  const data = {
    ...requestFact(request),
    ...(ifMatch !== undefined && { ifMatch }),
    ...(node !== undefined && { node }),
  };
  return { type: 'RequestTaken', data };
}
