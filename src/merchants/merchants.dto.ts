import {
  Amount,
  Currency,
  DateList,
  Defaulted,
  Flag,
  FreeText,
  Iban,
  Identifier,
  Matching,
  Nested,
  NestedList,
  OneOf,
  Optional,
  OwnName,
  Position,
  Text,
  TextList,
  Threshold,
  TimeOfDay,
  Timestamp,
  TimeZone,
  Whole,
} from '../http/fields.js';
import { malformed } from '../http/problem.js';
import { electronic } from './domain/iban.js';
import type {
  CardType,
  Counted,
  MerchantSettings,
  PlaceLimits,
  Right,
  SettlementCycle,
} from './domain/merchant.events.js';
import type { Merchant, RightStatus } from './domain/merchant.js';

/** What is taken where nothing is said of it. */
const DEFAULTS = {
  dayCloseAt: '00:00',
  settlementCycle: 'T1',
  holidays: [],
  basisPoints: 0,
  voidPolicy: { partial: false, consent: false, cardPresent: false },
  refundPolicy: {
    windowDays: 180,
    whileVoidable: 'refuse',
    feeReturn: 'keep',
    negativeBalance: true,
  },
} as const;

const LEAP_YEAR_MINUTES = 366 * 24 * 60;

export class FeeTermsDto {
  @Optional() @Whole(0, 10_000) basisPoints?: number;
  @Optional() @Threshold() minimum?: number;
  @Optional() @Threshold() cap?: number;
}

export class FeePerCardTypeDto {
  @Optional() @Nested(() => FeeTermsDto) debit?: FeeTermsDto;
  @Optional() @Nested(() => FeeTermsDto) credit?: FeeTermsDto;
}

export class FeeDto extends FeeTermsDto {
  @Optional() @Nested(() => FeePerCardTypeDto) perCardType?: FeePerCardTypeDto;
}

export class ReserveDto {
  @Whole(0, 10_000) basisPoints!: number;
  @Whole(0, 3_650) days!: number;
}

export class VoidPolicyDto {
  @Defaulted(DEFAULTS.voidPolicy.partial) @Flag() partial?: boolean;
  @Optional() @Whole(1, LEAP_YEAR_MINUTES) windowMinutes?: number;
  @Optional() @Threshold() supervisorAbove?: number;
  @Defaulted(DEFAULTS.voidPolicy.consent) @Flag() consent?: boolean;
  @Defaulted(DEFAULTS.voidPolicy.cardPresent) @Flag() cardPresent?: boolean;
  @Optional() @Threshold() approvalAbove?: number;
  @Optional() @Whole(1, LEAP_YEAR_MINUTES) approvalMinutes?: number;
}

export class RefundPolicyDto {
  @Defaulted(DEFAULTS.refundPolicy.windowDays) @Whole(0, 3_650) windowDays?: number;
  @Defaulted(DEFAULTS.refundPolicy.whileVoidable)
  @OneOf(['refuse', 'allow'])
  whileVoidable?: 'refuse' | 'allow';
  @Defaulted(DEFAULTS.refundPolicy.feeReturn)
  @OneOf(['keep', 'proportional'])
  feeReturn?: 'keep' | 'proportional';
  @Defaulted(DEFAULTS.refundPolicy.negativeBalance) @Flag() negativeBalance?: boolean;
  @Optional() @Threshold() supervisorAbove?: number;
  @Optional() @Threshold() approvalAbove?: number;
  @Optional() @Whole(1, LEAP_YEAR_MINUTES) approvalMinutes?: number;
}

export class SingleLimitsDto {
  @Optional() @Amount() sale?: number;
  @Optional() @Amount() void?: number;
  @Optional() @Amount() refund?: number;
}

export class DailyLimitDto {
  @Optional() @Whole(0, 1_000_000_000) count?: number;
  @Optional() @Threshold() amount?: number;
}

export class DailyLimitsDto {
  @Optional() @Nested(() => DailyLimitDto) sale?: DailyLimitDto;
  @Optional() @Nested(() => DailyLimitDto) void?: DailyLimitDto;
  @Optional() @Nested(() => DailyLimitDto) refund?: DailyLimitDto;
}

export class LimitsDto {
  @Optional() @Nested(() => SingleLimitsDto) single?: SingleLimitsDto;
  @Optional() @Nested(() => DailyLimitsDto) daily?: DailyLimitsDto;
}

export class PlaceLimitsDto extends LimitsDto {
  @Optional() @TextList(['debit', 'credit']) cardTypes?: CardType[];
  @Optional() @TextList(['sale', 'void', 'refund']) transactionTypes?: Counted[];
}

export class MerchantLimitsDto extends PlaceLimitsDto {
  @Optional() @Nested(() => LimitsDto) perCard?: LimitsDto;
}

export class PayoutAccountDto {
  @Optional() @FreeText(140) name?: string;
  @Optional() @Iban() iban?: string;
  @Optional() @Matching(/^[A-Za-z0-9-]{1,34}$/) number?: string;
  @Optional() @Matching(/^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/) bic?: string;
}

export class MerchantBody {
  @FreeText(140) name!: string;
  @Currency() currency!: string;
  @TimeZone() timeZone!: string;
  @Defaulted(DEFAULTS.dayCloseAt) @TimeOfDay() dayCloseAt?: string;
  @Defaulted(DEFAULTS.settlementCycle)
  @OneOf(['T0', 'T1', 'T2', 'D1'])
  settlementCycle?: SettlementCycle;
  @Optional() @DateList() holidays?: string[];
  @Optional() @Nested(() => FeeDto) fee?: FeeDto;
  @Optional() @Nested(() => ReserveDto) reserve?: ReserveDto;
  @Optional() @Threshold() payoutMinimum?: number;
  @Optional() @Nested(() => PayoutAccountDto) payoutAccount?: PayoutAccountDto;
  @Optional() @Nested(() => VoidPolicyDto) voidPolicy?: VoidPolicyDto;
  @Optional() @Nested(() => RefundPolicyDto) refundPolicy?: RefundPolicyDto;
  @Optional() @Nested(() => MerchantLimitsDto) limits?: MerchantLimitsDto;
}

export class MerchantAnswer extends MerchantBody {
  @Identifier(15) merchantId!: string;
  @OneOf(['active', 'frozen']) voidRight!: RightStatus;
  @OneOf(['active', 'frozen']) refundRight!: RightStatus;
  @OneOf(['active', 'frozen']) payoutRight!: RightStatus;
  @Text() responseCode!: string;
  @Optional() @Position() position?: string;
}

export class ListedMerchantDto {
  @Identifier(15) merchantId!: string;
  @FreeText(140) name!: string;
  @Currency() currency!: string;
  @TimeZone() timeZone!: string;
  @Timestamp() registeredAt!: string;
}

export class MerchantsAnswer {
  @NestedList(() => ListedMerchantDto) merchants!: ListedMerchantDto[];
  @Optional() @Text() next?: string;
}

export class RightBody {
  @OneOf(['active', 'frozen']) status!: RightStatus;
  @FreeText(256) reason!: string;
}

export class RightAnswer {
  @Identifier(15) merchantId!: string;
  @OneOf(['void', 'refund', 'payout']) right!: Right;
  @OneOf(['active', 'frozen']) status!: RightStatus;
  @Text() responseCode!: string;
  @Position() position!: string;
}

export class SupervisorBody {
  @FreeText(140) name!: string;
  @FreeText(128) password!: string;
}

export class SupervisorAnswer {
  @Identifier(15) merchantId!: string;
  @OwnName(32) supervisorId!: string;
  @FreeText(140) name!: string;
  @Text() responseCode!: string;
  @Position() position!: string;
}

/** Never what their passwords are kept as. */
export class ListedSupervisorDto {
  @OwnName(32) supervisorId!: string;
  @FreeText(140) name!: string;
  /** Locked after too many wrong passwords, until the password is set anew. */
  @OneOf(['active', 'locked']) status!: 'active' | 'locked';
}

export class SupervisorsAnswer {
  @Identifier(15) merchantId!: string;
  @NestedList(() => ListedSupervisorDto) supervisors!: ListedSupervisorDto[];
  @Text() responseCode!: string;
}

export class MerchantPath {
  @Identifier(15) merchantId!: string;
}

export class SupervisorPath extends MerchantPath {
  @OwnName(32) supervisorId!: string;
}

/** The settings with every default filled in (docs/merchants.md has the table). */
export function settingsOf(body: MerchantBody): MerchantSettings {
  const { fee, payoutAccount, voidPolicy, refundPolicy, ...rest } = body;
  return {
    dayCloseAt: DEFAULTS.dayCloseAt,
    settlementCycle: DEFAULTS.settlementCycle,
    holidays: DEFAULTS.holidays,
    ...(rest as Partial<MerchantSettings> & typeof rest),
    fee: withTerms(fee) as MerchantSettings['fee'],
    ...(payoutAccount && { payoutAccount: electronic(payoutAccount) }),
    voidPolicy: {
      ...DEFAULTS.voidPolicy,
      ...(voidPolicy as Partial<MerchantSettings['voidPolicy']>),
    },
    refundPolicy: {
      ...DEFAULTS.refundPolicy,
      ...(refundPolicy as Partial<MerchantSettings['refundPolicy']>),
    },
  };
}

/** Amounts that were checked are amounts of money. */
export function limitsOf(limits: PlaceLimitsDto): PlaceLimits {
  return limits as unknown as PlaceLimits;
}

/** Terms of a card type that say no basis points have the merchant's; a minimum and a cap are each one's own. */
function withTerms({
  basisPoints = DEFAULTS.basisPoints,
  perCardType,
  ...bounds
}: FeeDto = {}): object {
  return {
    basisPoints,
    ...bounds,
    ...(perCardType && {
      perCardType: Object.fromEntries(
        Object.entries(perCardType).map(([type, terms]) => [type, { basisPoints, ...terms }]),
      ),
    }),
  };
}

/** @throws ProblemError for a fee that its cap holds below its minimum */
export function refuseCapBelowMinimum(fee: FeeDto = {}): void {
  const { debit, credit } = fee.perCardType ?? {};
  const named = { fee, 'fee.perCardType.debit': debit, 'fee.perCardType.credit': credit };
  for (const [name, { minimum = 0, cap = minimum } = {}] of Object.entries(named)) {
    if (cap < minimum) throw malformed(`${name}.cap`, 'is below `minimum`');
  }
}

export function supervisorsOf({ merchantId, supervisors }: Merchant): SupervisorsAnswer {
  const listed = [...supervisors].map(([supervisorId, { name, isLocked }]) => {
    return { supervisorId, name, status: isLocked ? ('locked' as const) : ('active' as const) };
  });
  return { merchantId, supervisors: listed, responseCode: '00' };
}

export function merchantAnswer(merchant: Merchant, position?: string): MerchantAnswer {
  return {
    merchantId: merchant.merchantId,
    ...(merchant.settings as unknown as MerchantBody),
    voidRight: merchant.rights.void,
    refundRight: merchant.rights.refund,
    payoutRight: merchant.rights.payout,
    responseCode: '00',
    ...(position !== undefined && { position }),
  };
}
