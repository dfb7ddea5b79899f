import { batchName, parseRequestName } from '../../ledger/domain/request-name.js';
import { businessDay } from '../../merchants/domain/business-day.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import { barred } from '../../sales/domain/barred.js';
import type { Sale } from '../../sales/domain/sale.js';
import type { RequestEvent, SaleEvent } from '../../sales/domain/sale.events.js';
import {
  decideTimeoutReversal,
  type Original,
  originalOf,
} from '../../sales/domain/timeout-reversal.js';
import { targetOf } from '../../sales/recorded-request.js';
import type { BatchesCheck } from './batches-check.js';
import { type Histories, saleFacts } from './histories.js';
import {
  type Finding,
  held,
  illegal,
  NO_MERCHANT,
  NO_SALE,
  pairs,
  type Ruling,
  wrong,
} from './judge.js';
import type { OlderEvents } from './older-events.js';
import type { Parties } from './parties.js';
import { hasCome } from './requests-check.js';

type NothingToReverse = RequestEvent & { type: 'NothingToReverse' };
type Reversal = SaleEvent & { type: 'Reversal' };

/** Requests that are undone, or kept from having an effect, judged by the rules that decide it. */
export class ReversalsCheck {
  constructor(
    private readonly histories: Histories,
    private readonly parties: Parties,
    private readonly batches: BatchesCheck,
    private readonly older: OlderEvents,
  ) {}

  /** What a time-out reversal came to. */
  reversal(event: Reversal | NothingToReverse, at: number): Finding | undefined {
    const { data } = event;
    const { merchantId, terminalId, batchNo, stan, request, of } = data;
    const [taken, ...since] = this.histories.named(request)?.facts ?? [];
    if (taken?.type !== 'RequestTaken') return wrong(`request ${request} was never taken`);
    if (event.type === 'NothingToReverse' && since.length > 0) {
      return wrong(`something became of request ${request} already`);
    }
    const asked = taken.data;
    if (asked.kind !== 'timeout-reversal' || asked.target !== of) {
      return wrong(`request ${request} was a ${asked.kind} of ${asked.target}`);
    }
    const original = parseRequestName(of);
    const command = { merchantId, terminalId, batchNo, stan, original };
    const cleared = this.batches
      .statuses(batchName(original), at)
      .map((status) => status !== 'open');
    const known = pairs(this.parties.merchant(merchantId, at), pairs(cleared, this.originals(of)));
    const now = Date.parse(data.occurredAt);
    const { occurredAt } = data;
    const rule = ([merchant, [isCleared, found]]: (typeof known)[number]): Ruling => {
      const { timeZone } = merchant.settings;
      const day = businessDay(now, merchant.settings);
      const context = { day, occurredAt, isCleared, timeZone };
      const decided = decideTimeoutReversal(command, found, context);
      if ('refusal' in decided) return decided;
      if ('takeName' in decided) return { event: decided.takeName };
      return { event: 'undo' in decided ? decided.undo : decided.nothing };
    };
    return held(
      event,
      known,
      rule,
      'its merchant was never registered, or its request is of no sale',
      this.older.mayLack(event.type),
    );
  }

  /** Of a request that was taken, and has had no effect: it is about to be refused. */
  bar(event: Reversal, sale: Sale | undefined, at: number): Finding | undefined {
    if (!sale) return illegal(NO_SALE);
    const { data } = event;
    const { request, occurredAt } = data;
    const own = this.histories.named(request)?.facts;
    if (own?.[0]?.type !== 'RequestTaken') return wrong(`request ${request} was never taken`);
    if (sale.undone.includes(request) || hasCome(request, sale))
      return wrong(`something became of request ${request} already`);
    const rule = ({ settings }: Merchant): Ruling => {
      const businessDate = businessDay(Date.parse(occurredAt), settings).date;
      return { event: barred({ ...data, businessDate }, sale.data.saleId) };
    };
    return held(event, this.parties.merchant(data.merchantId, at), rule, NO_MERCHANT);
  }

  /** What a reversal may have found: what stands there, or that without the refusal that came meanwhile. */
  private originals(name: string): Original[] {
    const own = this.histories.named(name);
    const facts = own ? saleFacts(own) : [];
    const found = this.histories.named(targetOf(facts[0]) ?? name);
    const about = found?.sale && { sale: found.sale, events: saleFacts(found) };
    const states = facts.at(-1)?.type === 'Refused' ? [facts, facts.slice(0, -1)] : [facts];
    return states.flatMap((state) => {
      try {
        return [originalOf(name, state, about)];
      } catch {
        return [];
      }
    });
  }
}
