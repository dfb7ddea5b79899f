import { ArrayNotEmpty } from 'class-validator';
import {
  CalendarDate,
  Currency,
  Digits,
  Flag,
  FreeText,
  Identifier,
  NestedList,
  Numeral,
  OneOf,
  Optional,
  Position,
  SignedAmount,
  SignedSum,
  Sum,
  Text,
  Threshold,
  Timestamp,
} from '../http/fields.js';
import { PageQuery } from '../http/paging.js';
import type { MatchStatus } from '../projections/settlements.view.js';

export class AcquirerLineDto {
  @Identifier(15) merchantId!: string;
  @CalendarDate() businessDate!: string;
  @Optional() @Identifier(8) terminalId?: string;
  @Optional() @Digits(6) batchNo?: string;
  /** Below zero where the acquirer took money back. */
  @SignedAmount() amount!: number;
  @Optional() @Threshold() schemeCost?: number;
}

class AcquirerPaymentDto {
  @Identifier(35) paymentId!: string;
  @Currency() currency!: string;
  @CalendarDate() receivedOn!: string;
  @Optional() @FreeText(140) reference?: string;
  @NestedList(() => AcquirerLineDto) lines!: AcquirerLineDto[];
}

export class AcquirerPaymentBody extends AcquirerPaymentDto {
  @ArrayNotEmpty() override lines!: AcquirerLineDto[];
}

export class AcquirerPaymentPath {
  @Identifier(35) paymentId!: string;
}

/** Payments of nothing could be told once. */
export class AcquirerPaymentAnswer extends AcquirerPaymentDto {
  @SignedSum() amount!: bigint;
  @Sum() schemeCost!: bigint;
  @Timestamp() occurredAt!: string;
  @Text() responseCode!: string;
  @Position() position!: string;
}

export class AcquirerPaymentsQuery extends PageQuery {
  @Optional() @CalendarDate() from?: string;
  @Optional() @CalendarDate() to?: string;
}

export class ListedPaymentDto {
  @Identifier(35) paymentId!: string;
  @Currency() currency!: string;
  @CalendarDate() receivedOn!: string;
  @Optional() @Text() reference?: string;
  @SignedSum() amount!: bigint;
  @Sum() schemeCost!: bigint;
  @Numeral() lineCount!: number;
  @Timestamp() occurredAt!: string;
}

export class AcquirerPaymentsAnswer {
  @NestedList(() => ListedPaymentDto) payments!: ListedPaymentDto[];
  @Optional() @Text() next?: string;
}

const STATUSES = ['open', 'awaited', 'matched', 'short', 'over'] as const;

export class MatchedSettlementsQuery extends PageQuery {
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @OneOf(STATUSES) status?: MatchStatus;
  @Optional() @CalendarDate() from?: string;
  @Optional() @CalendarDate() to?: string;
}

/** `difference` is what is still to come; below zero more came than was owed. */
export class ClaimSumsDto {
  @SignedSum() expected!: bigint;
  @SignedSum() received!: bigint;
  @Sum() schemeCost!: bigint;
  @SignedSum() difference!: bigint;
}

/** Of a batch; without one, of what belongs to the date alone. */
export class ClaimDto extends ClaimSumsDto {
  @Optional() @Identifier(8) terminalId?: string;
  @Optional() @Digits(6) batchNo?: string;
  @Flag() isClosed!: boolean;
}

export class MatchedSettlementDto extends ClaimSumsDto {
  @Identifier(15) merchantId!: string;
  @Currency() currency!: string;
  @CalendarDate() businessDate!: string;
  @OneOf(STATUSES) status!: MatchStatus;
  @NestedList(() => ClaimDto) claims!: ClaimDto[];
}

export class MatchedSettlementsAnswer {
  @NestedList(() => MatchedSettlementDto) settlements!: MatchedSettlementDto[];
  @Optional() @Text() next?: string;
}
