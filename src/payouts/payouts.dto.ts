import {
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
  Sum,
  Text,
  Timestamp,
} from '../http/fields.js';
import { PageQuery } from '../http/paging.js';
import { PayoutAccountDto } from '../merchants/merchants.dto.js';
import type { HoldReason, PayoutStatus } from './domain/payout.js';

const STATUSES = ['sent', 'paid', 'returned'] as const;

export class PayoutRunBody {
  @CalendarDate() date!: string;
}

export class PayoutPath {
  @Text() payoutId!: string;
}

export class PayoutPaidBody {
  @Optional() @FreeText(140) bankReference?: string;
}

export class PayoutReturnedBody {
  @Optional() @FreeText(256) reason?: string;
}

export class PayoutsListQuery extends PageQuery {
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @CalendarDate() date?: string;
  @Optional() @OneOf(STATUSES) status?: PayoutStatus;
}

/** `date`: the date whose due money it pays. */
export class PayoutDto {
  @Text() payoutId!: string;
  @Identifier(15) merchantId!: string;
  @Currency() currency!: string;
  @Sum() amount!: bigint;
  @CalendarDate() date!: string;
  @OneOf(STATUSES) status!: PayoutStatus;
  @Optional() @Nested(() => PayoutAccountDto) account?: PayoutAccountDto;
  @Optional() @Text() bankReference?: string;
  @Optional() @Text() returnReason?: string;
  @Timestamp() sentAt!: string;
  @Timestamp() changedAt!: string;
}

export class PayoutAnswer extends PayoutDto {
  @Text() responseCode!: string;
  @Position() position!: string;
}

export class HeldDto {
  @Identifier(15) merchantId!: string;
  @Currency() currency!: string;
  @Sum() amount!: bigint;
  @OneOf(['frozen', 'below-minimum']) reason!: HoldReason;
}

/** Every payout for the date, those of an earlier run too. */
export class PayoutRunAnswer {
  @CalendarDate() date!: string;
  @NestedList(() => PayoutDto) payouts!: PayoutDto[];
  @NestedList(() => HeldDto) held!: HeldDto[];
  @Text() responseCode!: string;
  @Position() position!: string;
}

export class PayoutsAnswer {
  @NestedList(() => PayoutDto) payouts!: PayoutDto[];
  @Optional() @Text() next?: string;
}

export class PayoutFileQuery {
  @CalendarDate() date!: string;
  @Optional() @Seen() after?: string;
}
