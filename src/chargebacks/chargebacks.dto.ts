import {
  Amount,
  CalendarDate,
  Currency,
  Flag,
  FreeText,
  Identifier,
  NestedList,
  Numeral,
  OneOf,
  Optional,
  Position,
  Sum,
  Text,
  Threshold,
  Timestamp,
} from '../http/fields.js';
import { PageQuery } from '../http/paging.js';
import type { ChargebackStatus, ListedChargeback } from '../projections/chargebacks.view.js';
import { SalePath } from '../sales/sales.dto.js';

const STATUSES = ['open', 'won', 'lost'] as const;

export class ChargebackBody {
  @Identifier(35) chargebackId!: string;
  @Optional() @Amount() amount?: number;
  @Optional() @Threshold() fee?: number;
  @FreeText(256) reason!: string;
  @Optional() @FreeText(128) evidenceRef?: string;
}

export class ChargebackWonBody {
  @Optional() @Flag() returnFee?: boolean;
}

export class ChargebackPath extends SalePath {
  @Identifier(35) chargebackId!: string;
}

export class ChargebackAnswer {
  @Text() chargebackId!: string;
  @Text() saleId!: string;
  @OneOf(STATUSES) status!: string;
  @Amount() amount!: number;
  @Sum() fee!: number;
  @Currency() currency!: string;
  @Sum() remaining!: number;
  @Text() responseCode!: string;
  @Numeral() revision!: number;
  @Position() position!: string;
}

export class ChargebacksListQuery extends PageQuery {
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @Text() saleId?: string;
  @Optional() @OneOf(STATUSES) status?: ChargebackStatus;
}

export class ListedChargebackDto {
  @Text() chargebackId!: string;
  @Text() saleId!: string;
  @Identifier(15) merchantId!: string;
  @OneOf(STATUSES) status!: ChargebackStatus;
  @Amount() amount!: number;
  @Sum() fee!: number;
  /** Of one that was won: what of the fee came back. */
  @Optional() @Sum() feeReturned?: number;
  @Currency() currency!: string;
  @Text() reason!: string;
  @Optional() @Text() evidenceRef?: string;
  /** Of the books that it counts in. */
  @CalendarDate() businessDate!: string;
  @Timestamp() openedAt!: string;
  @Optional() @Timestamp() decidedAt?: string;
}

export class ChargebacksAnswer {
  @NestedList(() => ListedChargebackDto) chargebacks!: ListedChargebackDto[];
  @Optional() @Text() next?: string;
}

export function renderListed({ opened, status, decided }: ListedChargeback): ListedChargebackDto {
  const { occurredAt: openedAt, ...said } = opened;
  const feeReturned = decided?.feeReturned;
  return {
    ...said,
    status,
    openedAt,
    ...(feeReturned !== undefined && { feeReturned }),
    ...(decided && { decidedAt: decided.occurredAt }),
  };
}
