import type { Position, StoredEvent } from '../event-store/event-store.js';
import { checkOf } from '../http/schemas.js';
import { terminalName } from '../ledger/domain/request-name.js';
import { MerchantBody } from '../merchants/merchants.dto.js';
import type { Terminal } from '../merchants/domain/merchant.js';
import type { MerchantSettings } from '../merchants/domain/merchant.events.js';
import { GiveBackBody, SaleBody } from '../sales/sales.dto.js';
import type { SaleCommand } from '../sales/domain/decide.js';
import type { Outcome, GiveBack } from '../sales/sales.commands.js';
import { OPERATOR, type Tool } from './tool.js';

/** Settings of a ledger apart from the one in the way, for trade that has to be played elsewhere. */
export const LEDGER_OF_ITS_OWN = 'EVENT_STORE_URL=file:./data/trade VIEWS_DIR=./data/trade';

/** What is given back on a sale, as a terminal sends it. */
export type PlayedReversal = Omit<GiveBack, 'asked'>;

/** What the ledger answered to one request. */
export type Played =
  | { readonly kind: 'sale' | 'void' | 'refund'; readonly replayed: boolean }
  /** It holds its amount, and has given nothing back. */
  | { readonly awaits: 'approval'; readonly replayed: boolean }
  | { readonly refused: string; readonly replayed: boolean };

/** A merchant that is there already. */
export interface HeldMerchant {
  readonly settings: Readonly<Partial<MerchantSettings>>;
  /** Undefined where it has no such terminal. */
  readonly terminal: Pick<Terminal, 'storeId' | 'currency'> | undefined;
}

/** A ledger that trade is played into: the tool's own, or that of a running service. */
export interface PlayedLedger {
  /** The clock stands there (epoch milliseconds), also for requests that are on their way and not yet decided. */
  setClock(now: number): Promise<void>;
  /** Whether requests on their way must have been answered before the clock moves. */
  readonly clockNeedsQuiet: boolean;
  /** Does what is due by then: closes what is past its cut-off, pays what merchants are owed. */
  doDue(): Promise<void>;
  /** The merchant, and its terminal of that name; undefined where there is none. */
  find(merchantId: string, terminalId: string): Promise<HeldMerchant | undefined>;
  register(merchantId: string, settings: MerchantSettings): Promise<void>;
  assign(merchantId: string, terminal: Pick<Terminal, 'terminalId' | 'storeId'>): Promise<void>;
  take(sale: SaleCommand): Promise<Played>;
  reverse(reversal: PlayedReversal): Promise<Played>;
  head(): Promise<Position>;
  /** Whether the log has more behind the position than heads that were signed of it. */
  hasChangedSince(position: Position): Promise<boolean>;
  /** What the books hold of the merchant's trade, in minor units, once they have seen everything: balances and fees. */
  held(merchantId: string): Promise<bigint>;
}

/** The tool's own ledger. Requests are checked as those that come over HTTP are. */
export class OwnLedger implements PlayedLedger {
  readonly clockNeedsQuiet = false;
  private readonly checks = {
    sale: checkOf(SaleBody),
    reversal: checkOf(GiveBackBody),
    merchant: checkOf(MerchantBody),
  };

  constructor(private readonly tool: Tool) {}

  setClock(now: number): Promise<void> {
    this.tool.clock.set(now);
    return Promise.resolve();
  }

  doDue(): Promise<void> {
    return this.tool.ledger.dueWork.run();
  }

  async find(merchantId: string, terminalId: string): Promise<HeldMerchant | undefined> {
    const merchant = await this.tool.ledger.merchants.get(merchantId);
    return merchant && { ...merchant, terminal: merchant.terminals.get(terminalId) };
  }

  async register(merchantId: string, settings: MerchantSettings): Promise<void> {
    const errors = this.checks.merchant(settings);
    if (errors) throw new Error(`merchant ${merchantId}: ${errors[0]?.field ?? ''} is malformed`);
    await this.tool.ledger.merchants.put(merchantId, settings, OPERATOR);
  }

  async assign(merchantId: string, terminal: Terminal): Promise<void> {
    await this.tool.ledger.merchants.assignTerminal(merchantId, terminal, OPERATOR);
  }

  async take(sale: SaleCommand): Promise<Played> {
    if (this.checks.sale(sale)) return MALFORMED;
    const sent = { content: sale as never, by: terminal(sale) };
    return played(await this.tool.ledger.sales.take(sale, sent), () => 'sale');
  }

  async reverse({ saleId, ...content }: PlayedReversal): Promise<Played> {
    if (this.checks.reversal(content)) return MALFORMED;
    const command = { ...content, asked: 'reversal', saleId } as const;
    const sent = { content: content as never, by: terminal(content) };
    const outcome = await this.tool.ledger.giveBacks.giveBack(command, sent);
    if ('answer' in outcome && outcome.answer.status === 'awaiting-approval') {
      return { awaits: 'approval', replayed: outcome.replayed };
    }
    return played(outcome, ({ kind }) => kind);
  }

  head(): Promise<Position> {
    return this.tool.store.head();
  }

  hasChangedSince(position: Position): Promise<boolean> {
    return isMoreThanHeads(position, (after) => this.tool.store.readAll({ after, limit: PAGE }));
  }

  async held(merchantId: string): Promise<bigint> {
    await this.tool.catchUp();
    const { books } = this.tool.views;
    return heldIn(
      books.balances(merchantId),
      books.trialBalance().filter((account) => account.merchantId === merchantId),
    );
  }
}

/** Events of a page in which the first that is no signed head is looked for. */
export const PAGE = 100;

type Told = Pick<StoredEvent, 'type' | 'position'>;

/** Whether what is read behind a position is anything but signed heads. */
export async function isMoreThanHeads(
  after: Position,
  read: (after: Position) => Promise<readonly Told[]>,
): Promise<boolean> {
  for (let from = after; ;) {
    const page = await read(from);
    if (page.some(({ type }) => type !== 'HeadSigned')) return true;
    const last = page.at(-1);
    if (!last) return false;
    from = last.position;
  }
}

const MALFORMED: Played = { refused: 'malformed', replayed: false };

export function terminal(of: Parameters<typeof terminalName>[0]) {
  return { kind: 'terminal', id: terminalName(of) } as const;
}

function played<A>(outcome: Outcome<A>, kind: (answer: A) => 'sale' | 'void' | 'refund'): Played {
  const { replayed } = outcome;
  if ('refusal' in outcome) return { refused: outcome.refusal.code, replayed };
  return { kind: kind(outcome.answer), replayed };
}

type Whole = number | bigint;

interface Held {
  readonly pending: Whole;
  readonly available: Whole;
  readonly receivable: Whole;
  readonly reserve: Whole;
  readonly inTransit: Whole;
  readonly paidOut: Whole;
}

/** Balances, with what was paid out of them, and the fees that were taken from the trade. */
export function heldIn(
  balances: readonly Held[],
  accounts: readonly { readonly account: string; readonly debit: Whole; readonly credit: Whole }[],
): bigint {
  let sum = 0n;
  for (const { pending, available, receivable, reserve, inTransit, paidOut } of balances) {
    sum += BigInt(pending) + BigInt(available) - BigInt(receivable);
    sum += BigInt(reserve) + BigInt(inTransit) + BigInt(paidOut);
  }
  for (const { account, debit, credit } of accounts) {
    if (account === 'mdr_revenue') sum += BigInt(credit) - BigInt(debit);
  }
  return sum;
}
