import {
  Amount,
  CalendarDate,
  Currency,
  FreeText,
  Identifier,
  Nested,
  NestedList,
  OneOf,
  Optional,
  Position,
  Seen,
  SignedSum,
  Sum,
  Text,
  Timestamp,
} from '../http/fields.js';
import { PageQuery } from '../http/paging.js';
import type { AsOf } from '../projections/books.view.js';

/** A moment of the past, and a position that the view must have reached. */
export class AsOfQuery {
  @Optional() @Timestamp() at?: string;
  @Optional() @Position() position?: string;
  @Optional() @Seen() after?: string;
}

/** As of a time, by clocks that differ, a void may have come before its sale: then pending is below zero. */
export class BalanceDto {
  @Currency() currency!: string;
  @SignedSum() pending!: bigint;
  @Sum() available!: bigint;
  @Sum() receivable!: bigint;
  @SignedSum() reserve!: bigint;
  @SignedSum() inTransit!: bigint;
  @SignedSum() paidOut!: bigint;
}

/** `by`: a line for each account of each merchant, or for each account over all of them. */
export class TrialBalanceQuery extends AsOfQuery {
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @OneOf(['merchant', 'account']) by?: 'merchant' | 'account';
}

export class AccountDto {
  @Text() account!: string;
  @Optional() @Identifier(15) merchantId?: string;
  @Currency() currency!: string;
  @Sum() debit!: bigint;
  @Sum() credit!: bigint;
}

export class CurrencyTotalDto {
  @Currency() currency!: string;
  @Sum() debit!: bigint;
  @Sum() credit!: bigint;
}

export class TrialBalanceAnswer {
  @NestedList(() => AccountDto) accounts!: AccountDto[];
  @NestedList(() => CurrencyTotalDto) totals!: CurrencyTotalDto[];
}

export class StatementListQuery extends PageQuery {
  @Optional() @Currency() currency?: string;
  @Optional() @CalendarDate() from?: string;
  @Optional() @CalendarDate() to?: string;
}

export class HoldingDto {
  @SignedSum() pending!: bigint;
  @SignedSum() available!: bigint;
  @SignedSum() reserve!: bigint;
}

/** `balance`: pending, available and reserve together; `available` is below zero where the merchant owes. */
export class StandingDto extends HoldingDto {
  @SignedSum() balance!: bigint;
}

export class MovementDto extends StandingDto {
  @CalendarDate() date!: string;
  @Timestamp() occurredAt!: string;
  @Position() position!: string;
  @Text() kind!: string;
  @Optional() @Text() saleId?: string;
  @Text() reference!: string;
  @SignedSum() amount!: bigint;
  @Nested(() => HoldingDto) change!: HoldingDto;
}

export class StatementAnswer {
  @Identifier(15) merchantId!: string;
  @Currency() currency!: string;
  @Optional() @CalendarDate() from?: string;
  @Optional() @CalendarDate() to?: string;
  @Nested(() => StandingDto) opening!: StandingDto;
  @NestedList(() => MovementDto) movements!: MovementDto[];
  @Nested(() => StandingDto) closing!: StandingDto;
  @Optional() @Text() next?: string;
}

export class WriteOffBody {
  @Identifier(35) writeOffId!: string;
  @Optional() @Currency() currency?: string;
  @Optional() @Amount() amount?: number;
  @FreeText(256) reason!: string;
  @Optional() @FreeText(128) evidenceRef?: string;
}

export class WriteOffAnswer {
  @Text() writeOffId!: string;
  @Identifier(15) merchantId!: string;
  @Currency() currency!: string;
  @Sum() amount!: bigint;
  @FreeText(256) reason!: string;
  @Optional() @Text() evidenceRef?: string;
  @CalendarDate() businessDate!: string;
  @Timestamp() occurredAt!: string;
  @Text() responseCode!: string;
  @Position() position!: string;
}

/** The moment that is asked for, as the books go by it. */
export function asOf({ at, position }: AsOfQuery): AsOf {
  return {
    ...(at !== undefined && { at: Date.parse(at) }),
    ...(position !== undefined && { position }),
  };
}
