import {
  CalendarDate,
  FreeText,
  Identifier,
  Nested,
  NestedList,
  Numeral,
  OneOf,
  Optional,
  Position,
  Seen,
  Share,
  Text,
  Timestamp,
} from '../http/fields.js';
import type { Attempts, RefusalsReport } from '../projections/refusals.view.js';
import { OriginalRequestDto } from '../sales/sales.dto.js';
import type { Cause } from '../sales/domain/refusal.js';

const CAUSES: readonly Cause[] = [
  'system',
  'network',
  'hardware',
  'operator',
  'customer-information',
  'limit',
  'right',
  'timing',
  'card',
  'third-party',
];

const KINDS = ['sale', 'void', 'refund', 'reversal', 'timeout-reversal'] as const;

export class FailureBody {
  @Identifier(15) merchantId!: string;
  @Identifier(8) terminalId!: string;
  @OneOf(CAUSES) cause!: Cause;
  @FreeText(32) code!: string;
  @Optional() @FreeText(256) detail?: string;
  @Optional() @OneOf(KINDS) kind?: (typeof KINDS)[number];
  /** The request that it hit, where it has a name. */
  @Optional() @Nested(() => OriginalRequestDto) original?: OriginalRequestDto;
  @Optional() @FreeText(32) operatorId?: string;
  @Optional() @Timestamp() failedAt?: string;
}

export class FailureAnswer {
  @Text() failureId!: string;
  @Text() responseCode!: string;
  @Position() position!: string;
}

export class RefusalsReportQuery {
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @CalendarDate() from?: string;
  @Optional() @CalendarDate() to?: string;
  @Optional() @Seen() after?: string;
}

/** `successRate` is the share of done ones among those done or refused; absent where there were none. */
export class AttemptsDto {
  @Numeral() attempts!: number;
  @Numeral() done!: number;
  @Numeral() refused!: number;
  /** On the terminals' own side, as they reported it. */
  @Numeral() failures!: number;
  @Optional() @Share() successRate?: number;
}

export class KindAttemptsDto extends AttemptsDto {
  @Text() kind!: string;
}

export class MerchantAttemptsDto extends AttemptsDto {
  @Text() merchantId!: string;
}

export class StoreAttemptsDto extends MerchantAttemptsDto {
  @Text() storeId!: string;
}

export class TerminalAttemptsDto extends StoreAttemptsDto {
  @Text() terminalId!: string;
}

export class DayAttemptsDto extends AttemptsDto {
  @CalendarDate() date!: string;
}

export class ReasonDto {
  @OneOf(['ledger', 'terminal']) source!: string;
  @Text() code!: string;
  @OneOf(CAUSES) cause!: string;
  @Numeral() count!: number;
}

export class CauseDto {
  @OneOf(CAUSES) cause!: string;
  @Numeral() count!: number;
}

/** How many more there are than are told. */
export class LeftOutDto {
  @Optional() @Numeral() reasons?: number;
  @Optional() @Numeral() merchants?: number;
  @Optional() @Numeral() stores?: number;
  @Optional() @Numeral() terminals?: number;
}

export class RefusalsAnswer extends AttemptsDto {
  @Optional() @Text() merchantId?: string;
  @Optional() @CalendarDate() from?: string;
  @Optional() @CalendarDate() to?: string;
  @NestedList(() => ReasonDto) reasons!: ReasonDto[];
  @NestedList(() => CauseDto) causes!: CauseDto[];
  @NestedList(() => KindAttemptsDto) kinds!: KindAttemptsDto[];
  @NestedList(() => MerchantAttemptsDto) merchants!: MerchantAttemptsDto[];
  @NestedList(() => StoreAttemptsDto) stores!: StoreAttemptsDto[];
  @NestedList(() => TerminalAttemptsDto) terminals!: TerminalAttemptsDto[];
  @NestedList(() => DayAttemptsDto) days!: DayAttemptsDto[];
  @Optional() @Nested(() => LeftOutDto) leftOut?: LeftOutDto;
}

/** A report tells of so many reasons, merchants, stores and terminals each: of those where most went wrong. */
const MOST = 1_000;

export function renderReport({ total, reasons, ...by }: RefusalsReport) {
  const causes = new Map<string, number>();
  for (const { cause, count } of reasons) causes.set(cause, (causes.get(cause) ?? 0) + count);
  const { merchants, stores, terminals } = by;
  const leftOut = Object.entries({ reasons, merchants, stores, terminals })
    .map(([list, { length }]) => [list, length - MOST] as const)
    .filter(([, more]) => more > 0);
  return {
    ...rated(total),
    reasons: reasons.slice(0, MOST),
    causes: [...causes].map(([cause, count]) => ({ cause, count })),
    kinds: by.kinds.map(rated),
    merchants: worst(merchants).map(rated),
    stores: worst(stores).map(rated),
    terminals: worst(terminals).map(rated),
    days: by.days.map(rated),
    ...(leftOut.length > 0 && { leftOut: Object.fromEntries(leftOut) }),
  };
}

/** In their order. */
function worst<A extends Attempts>(all: readonly A[]): readonly A[] {
  if (all.length <= MOST) return all;
  const wrong = ({ refused, failed }: A): number => refused + failed;
  const kept = new Set([...all].sort((a, b) => wrong(b) - wrong(a)).slice(0, MOST));
  return all.filter((each) => kept.has(each));
}

function rated<A extends Attempts>({ done, refused, failed, ...of }: A) {
  const attempts = done + refused;
  const rate = attempts > 0 && { successRate: done / attempts };
  return { ...of, attempts, done, refused, failures: failed, ...rate };
}
