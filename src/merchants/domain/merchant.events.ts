import type { Minor } from '../../ledger/domain/money.js';

export interface FeeTerms {
  readonly basisPoints: number;
  readonly minimum?: Minor;
  readonly cap?: Minor;
}

export type CardType = 'debit' | 'credit';
export type SettlementCycle = 'T0' | 'T1' | 'T2' | 'D1';

export interface FeePolicy extends FeeTerms {
  /** Terms that replace the general ones for cards of this type. */
  readonly perCardType?: Partial<Record<CardType, FeeTerms>>;
}

export interface ReservePolicy {
  readonly basisPoints: number;
  readonly days: number;
}

interface VoidPolicy {
  readonly partial: boolean;
  readonly windowMinutes?: number;
  readonly supervisorAbove?: Minor;
  readonly consent: boolean;
  readonly cardPresent: boolean;
  readonly approvalAbove?: Minor;
  /** How long an approval is waited for. */
  readonly approvalMinutes?: number;
}

interface RefundPolicy {
  readonly windowDays: number;
  readonly whileVoidable: 'refuse' | 'allow';
  readonly feeReturn: 'keep' | 'proportional';
  readonly negativeBalance: boolean;
  readonly supervisorAbove?: Minor;
  readonly approvalAbove?: Minor;
  readonly approvalMinutes?: number;
}

/** What limits tell apart: money that is taken, undone and given back. */
export type Counted = 'sale' | 'void' | 'refund';

/** Of one business date; amounts in minor units, each currency for itself. */
interface DailyLimit {
  readonly count?: number;
  readonly amount?: Minor;
}

/** How much and how often, for one merchant, store, terminal or card [S1]. */
export interface Limits {
  readonly single?: Partial<Record<Counted, Minor>>;
  readonly daily?: Partial<Record<Counted, DailyLimit>>;
}

/** Of a merchant, a store or a terminal: what may be done there at all, too. */
export interface PlaceLimits extends Limits {
  /** Card types that may buy; any where it is absent. A card that does not say its type is none of them. */
  readonly cardTypes?: readonly CardType[];
  /** What may be done; everything where it is absent. */
  readonly transactionTypes?: readonly Counted[];
}

/** `perCard` is kept for each card by itself. */
export interface MerchantLimits extends PlaceLimits {
  readonly perCard?: Limits;
}

/** Where its payouts go: an IBAN, or the number of an account that has none. */
export interface PayoutAccount {
  /** Of the holder, where it is not the merchant's. */
  readonly name?: string;
  readonly iban?: string;
  readonly number?: string;
  readonly bic?: string;
}

/** A merchant's settings with every default filled in. */
export interface MerchantSettings {
  readonly name: string;
  /** ISO 4217. */
  readonly currency: string;
  /** IANA zone name. */
  readonly timeZone: string;
  /** Cut-off HH:MM in the zone: at 12:00 or later it ends that calendar date, before it the previous one. */
  readonly dayCloseAt: string;
  readonly settlementCycle: SettlementCycle;
  /** Calendar dates that are no business days. */
  readonly holidays: readonly string[];
  readonly fee: FeePolicy;
  readonly reserve?: ReservePolicy;
  readonly payoutMinimum?: Minor;
  readonly payoutAccount?: PayoutAccount;
  readonly voidPolicy: VoidPolicy;
  readonly refundPolicy: RefundPolicy;
  readonly limits?: MerchantLimits;
}

/** `payout`: to have what is available paid out. */
export type Right = 'void' | 'refund' | 'payout';

interface MerchantFact {
  readonly merchantId: string;
  readonly occurredAt: string;
}

export type MerchantEvent =
  | {
      readonly type: 'MerchantRegistered';
      readonly data: MerchantFact & { readonly settings: MerchantSettings };
    }
  | {
      readonly type: 'MerchantPolicyChanged';
      readonly data: MerchantFact & { readonly settings: MerchantSettings };
    }
  | {
      readonly type: 'TerminalAssigned';
      readonly data: MerchantFact & {
        readonly terminalId: string;
        readonly storeId: string;
        readonly currency?: string;
        readonly limits?: PlaceLimits;
      };
    }
  | {
      /** Absent limits: there are none any more. */
      readonly type: 'StoreLimitsSet';
      readonly data: MerchantFact & { readonly storeId: string; readonly limits?: PlaceLimits };
    }
  | {
      readonly type: 'RightFrozen' | 'RightRestored';
      readonly data: MerchantFact & { readonly right: Right; readonly reason: string };
    }
  | {
      readonly type: 'SupervisorSet';
      readonly data: MerchantFact & {
        readonly supervisorId: string;
        readonly name: string;
        /** Slow and salted; the password itself is nowhere. */
        readonly passwordHash: string;
      };
    }
  | {
      /** Too many wrong passwords in a row: until the password is set anew. */
      readonly type: 'SupervisorLocked';
      readonly data: MerchantFact & { readonly supervisorId: string };
    };
