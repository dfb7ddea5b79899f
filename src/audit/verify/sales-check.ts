import type { EventData } from '../../ledger/domain/ledger-event.js';
import {
  batchName,
  parseRequestName,
  REQUEST_NAME,
  terminalName,
} from '../../ledger/domain/request-name.js';
import {
  decideLost,
  decideOpening,
  decideWon,
} from '../../chargebacks/domain/decide-chargeback.js';
import { businessDay } from '../../merchants/domain/business-day.js';
import { type AppliedLimits, hasLimits, limitsOn, unused } from '../../merchants/domain/limits.js';
import type { Merchant, Terminal } from '../../merchants/domain/merchant.js';
import { approve } from '../../sales/domain/approval.js';
import { isBar } from '../../sales/domain/barred.js';
import {
  decideGiveBack,
  decideSale,
  decideSettlement,
  instantTerms,
  settlingOf,
} from '../../sales/domain/decide.js';
import { approvalRefusals, requestRefusals } from '../../sales/domain/request-refusals.js';
import { batchOf, type Sale } from '../../sales/domain/sale.js';
import { differingFields, fingerprintOf } from '../../sales/domain/same-content.js';
import type {
  Answered,
  ChargebackEvent,
  RequestEvent,
  ReversalData,
  SaleData,
  SaleEvent,
  SettledData,
} from '../../sales/domain/sale.events.js';
import { declinedFinding, waiting } from './approvals-check.js';
import type { BatchesCheck } from './batches-check.js';
import { type Histories, type History, saleFacts } from './histories.js';
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
import type { Parties } from './parties.js';
import { effectFinding, hasCome, isApproved, requestFinding } from './requests-check.js';
import type { OlderEvents } from './older-events.js';
import { ReversalsCheck } from './reversals-check.js';

/** More than any merchant has: what was available is of many sales, and checked, not locked, when a refund is decided. */
const ENOUGH = 10n ** 30n;

/** What stands in the streams of sales and requests, judged by the rules that decide them, before it is taken in. */
export class SalesCheck {
  /** Requests that were taken and have no outcome yet. */
  undecided = 0;
  /** Time-out reversals that came too late for their batch: each is to be refused, in the append that takes its name. */
  private readonly shutOut = new Map<string, Finding>();
  private readonly reversals: ReversalsCheck;

  constructor(
    private readonly histories: Histories,
    private readonly parties: Parties,
    private readonly batches: BatchesCheck,
    private readonly older: OlderEvents,
  ) {
    this.reversals = new ReversalsCheck(histories, parties, batches, older);
  }

  /** What is wrong with the event that comes next in this history. `at`: when it was recorded, epoch milliseconds. */
  findings(event: SaleEvent | RequestEvent, history: History, at: number): (Finding | undefined)[] {
    switch (event.type) {
      case 'Sale':
        return [first(history), this.batches.shut(event.data, at), this.sale(event.data, at)];
      case 'Void':
      case 'Refund':
      case 'ApprovalRequested':
        if (!isApproved(event)) this.undecided -= 1;
        return [
          effectFinding(event, history.sale, this.own(event.data.request)),
          this.unknownSupervisor(event.data, at),
          this.batches.shut(event.data, at),
          this.giveBack(event, history.sale, at),
        ];
      case 'ApprovalDeclined':
        return [declinedFinding(event.data, history.sale)];
      case 'Settled':
        return [this.settled(event.data, history.sale, at)];
      case 'Reversal':
        if (isBar(event.data)) return [this.reversals.bar(event, history.sale, at)];
        this.undecided -= isOfUndecided(event.data) ? 2 : 1;
        return [this.shutOut.get(event.data.request), this.reversals.reversal(event, at)];
      case 'NothingToReverse':
        this.undecided -= 1;
        return [this.shutOut.get(event.data.request), this.reversals.reversal(event, at)];
      case 'ChargebackOpened':
      case 'ChargebackWon':
      case 'ChargebackLost':
        return [this.chargeback(event, history.sale, at)];
      case 'RequestTaken':
        this.undecided += 1;
        this.entered(event.data, at);
        return [first(history), this.request(event.data, at)];
      case 'Refused':
        if (history.revision >= 0 && !this.isUndone(event.data)) this.undecided -= 1;
        return [this.refused(event.data, history), this.request(event.data, at)];
    }
  }

  private entered(data: RequestTaken, at: number): void {
    if (data.kind !== 'timeout-reversal') return;
    const shut = this.batches.shut(data, at);
    if (shut) this.shutOut.set(data.request, shut);
  }

  /** A reversal was the outcome already, other than a bar. */
  private isUndone({ request, target }: Refused): boolean {
    const about = target === undefined ? undefined : this.histories.named(target);
    const facts = about ? saleFacts(about) : [];
    return facts.some(
      ({ type, data }) => type === 'Reversal' && data.of === request && !isBar(data),
    );
  }

  private sale(data: SaleData, at: number): Finding | undefined {
    const now = Date.parse(data.occurredAt);
    const rule = (merchant: Merchant): Ruling => {
      const terminal = merchant.terminals.get(data.terminalId);
      if (!terminal) return { refusal: requestRefusals.unknownTerminal() };
      const day = businessDay(now, merchant.settings);
      const limits = limitsOnOne(merchant, terminal, data.card.token);
      const { repeats } = data;
      return decideSale(data, { merchant, terminal, day, now, limits, repeats });
    };
    const merchants = this.parties.merchant(data.merchantId, at);
    return misrepeated(data) ?? held({ type: 'Sale', data }, merchants, rule, NO_MERCHANT);
  }

  private own(request: string): History['facts'] {
    return this.histories.named(request)?.facts ?? [];
  }

  private request(data: Parameters<typeof requestFinding>[0], at: number): Finding | undefined {
    return requestFinding(data, this.parties.merchant(data.merchantId, at));
  }

  /** That the password was right nobody can tell any more; that there was such a supervisor, the log says. */
  private unknownSupervisor(
    { merchantId, supervisorId }: Answered['data'],
    at: number,
  ): Finding | undefined {
    if (supervisorId === undefined) return undefined;
    const known = this.parties.merchant(merchantId, at);
    if (known.some(({ supervisors }) => supervisors.has(supervisorId))) return undefined;
    return illegal(`the merchant has no supervisor ${supervisorId}`);
  }

  private giveBack(event: Answered, sale: Sale | undefined, at: number): Finding | undefined {
    if (!sale) return illegal(NO_SALE);
    const { data } = event;
    const now = Date.parse(data.occurredAt);
    const command = {
      ...data,
      ...(data.cardPresented && { card: { token: sale.data.card.token } }),
      ...(data.supervisorId !== undefined && {
        approver: { id: data.supervisorId, verdict: 'recognised' as const },
      }),
    };
    const cards = this.parties.card(sale.data.card.token, at);
    const batches = this.batches.statuses(batchOf(sale), at);
    const state = pairs(pairs(cards, batches), VOIDS_SPENT);
    const known = pairs(this.parties.merchant(data.merchantId, at), state);
    const rule = ([merchant, [[card, batch], isSpent]]: (typeof known)[number]): Ruling => {
      const { merchantId: requester, amount, terminalId } = data;
      const terminal = merchant.terminals.get(terminalId);
      if (!terminal) return { refusal: requestRefusals.unknownTerminal() };
      const applied = limitsOnOne(merchant, terminal, sale.data.card.token);
      const limits = applied && { void: isSpent ? spent(applied) : applied, refund: applied };
      const facts = { sale, merchant, card, batch, now, available: ENOUGH, limits };
      const day = businessDay(now, merchant.settings);
      const { storeId } = terminal;
      if (isApproved(event)) {
        const approval = waiting(data.request, sale);
        if (!approval) return { refusal: approvalRefusals.unknown() };
        return approve(approval, { ...facts, requester }, event.data.approval);
      }
      return decideGiveBack(command, { ...facts, requester, amount }, { day, storeId });
    };
    return held(event, known, rule, NO_MERCHANT, this.older.mayLack(event.type));
  }

  private settled(data: SettledData, sale: Sale | undefined, at: number): Finding | undefined {
    if (!sale) return illegal(NO_SALE);
    if (sale.settlement) return illegal('the sale has settled already');
    if (data.kind === 'batch') return this.settledByBatch(data, sale, at);
    const now = Date.parse(data.occurredAt);
    const rule = ({ settings }: Merchant): Ruling => {
      const today = businessDay(now, settings).date;
      const terms = instantTerms(sale, settings, today, data.occurredAt);
      return { event: decideSettlement(settlingOf(sale), terms) };
    };
    const merchants = this.parties.merchant(sale.data.merchantId, at);
    const event = { type: 'Settled', data } as const;
    return held(event, merchants, rule, NO_MERCHANT, this.older.mayLack(event.type));
  }

  /** By the batch's close; of an earlier batch only where that one no longer settles it. */
  private settledByBatch(data: SettledData, sale: Sale, at: number): Finding | undefined {
    const name = batchName(data);
    const request = this.batches.closing(name);
    if (!request) return illegal(`batch ${name} is not being closed`);
    const own = batchOf(sale);
    const isOfTerminal =
      data.merchantId === sale.data.merchantId && data.terminalId === sale.data.terminalId;
    if (own !== name && !(isOfTerminal && this.batches.statuses(own, at)[0] !== 'open')) {
      return illegal(`the sale is of batch ${own}`);
    }
    const settling = { ...settlingOf(sale), batchNo: data.batchNo };
    const { businessDate, occurredAt, terms } = request;
    const rule = (): Ruling => ({
      event: decideSettlement(settling, { kind: 'batch', ...terms, businessDate, occurredAt }),
    });
    const event = { type: 'Settled', data } as const;
    return held(event, [sale], rule, NO_SALE, this.older.mayLack(event.type));
  }

  private chargeback(
    event: ChargebackEvent,
    sale: Sale | undefined,
    at: number,
  ): Finding | undefined {
    if (!sale) return illegal(NO_SALE);
    const { data } = event;
    const { chargebackId, occurredAt } = data;
    const { saleId, merchantId, currency } = sale.data;
    const rule = ({ settings }: Merchant): Ruling => {
      const businessDate = businessDay(Date.parse(occurredAt), settings).date;
      const fact = { chargebackId, saleId, merchantId, currency, businessDate, occurredAt };
      const decided =
        event.type === 'ChargebackOpened'
          ? decideOpening(event.data, sale, fact)
          : event.type === 'ChargebackWon'
            ? decideWon(event.data.feeReturned > 0, sale, fact)
            : decideLost(sale, fact);
      return decided === 'done' ? { event: undefined } : decided;
    };
    return held(event, this.parties.merchant(merchantId, at), rule, NO_MERCHANT);
  }

  private refused(data: Refused, history: History): Finding | undefined {
    const { request, kind, target } = data;
    this.shutOut.delete(request);
    const before = history.facts.at(-1);
    if (kind === 'sale') return first(history);
    if (before?.type !== 'RequestTaken') return wrong(`request ${request} was not waiting for it`);
    const refused = fingerprintOf({ type: 'Refused', data });
    const differing = differingFields(fingerprintOf(before), refused);
    if (before.data.target !== target) differing.push('target');
    if (differing.length > 0)
      return wrong(`it differs from its request in ${differing.join(', ')}`);
    const sale = target === undefined ? undefined : this.histories.named(target)?.sale;
    if (!sale || sale.undone.includes(request) || !hasCome(request, sale)) return undefined;
    return wrong(`something became of request ${request} already`);
  }
}

/** Whether it undoes a request that was taken and had come to nothing yet, be it to wait for an approval. */
function isOfUndecided(data: ReversalData): boolean {
  if (data.undone !== 'nothing' || data.saleId === undefined) return false;
  return data.held === undefined && data.voided === undefined;
}

type RequestTaken = EventData<'RequestTaken'>;
type Refused = EventData<'Refused'>;

/** The limits on one request; what else the day had counted towards them is of many sales, and checked, not locked. */
function limitsOnOne(
  merchant: Merchant,
  terminal: Terminal,
  card: string,
): readonly AppliedLimits[] | undefined {
  if (!hasLimits(merchant, terminal)) return undefined;
  return unused(limitsOn(merchant, terminal, card));
}

/** Where the day's voids had used up their limits, a sale could be refunded that could have been voided without. */
const VOIDS_SPENT: readonly boolean[] = [false, true];

function spent(limits: readonly AppliedLimits[]): readonly AppliedLimits[] {
  const used = { count: Number.MAX_SAFE_INTEGER, amount: ENOUGH };
  return limits.map((each) => ({ ...each, used }));
}

/** What it may repeat is of the same terminal; it may have been on its way, and have come to something else, or to nothing. */
function misrepeated({ repeats, ...data }: SaleData): Finding | undefined {
  if (repeats === undefined) return undefined;
  const isOfTerminal =
    REQUEST_NAME.test(repeats) && terminalName(parseRequestName(repeats)) === terminalName(data);
  return isOfTerminal ? undefined : illegal(`it does not repeat ${repeats}`);
}

function first({ revision }: History): Finding | undefined {
  return revision === -1 ? undefined : illegal('its stream has begun already');
}
