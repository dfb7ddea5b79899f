import {
  Amount,
  CalendarDate,
  CardToken,
  Currency,
  Digits,
  Flag,
  FreeText,
  Identifier,
  Nested,
  NestedList,
  Numeral,
  OneOf,
  OpenObject,
  Optional,
  OwnName,
  Position,
  Sum,
  Text,
  Timestamp,
  Told,
} from '../http/fields.js';
import { PageQuery } from '../http/paging.js';
import { SentenceDto } from '../http/problem.dto.js';
import type { SaleStatus } from './domain/sale.js';

const STATUSES = ['open', 'voided', 'settled', 'refunded', 'reversed'] as const;

export const APPROVAL_STATUSES = [
  'awaiting',
  'approved',
  'declined',
  'expired',
  'refused',
  'reversed',
] as const;

export class CardDto {
  @CardToken() token!: string;
  @Digits(4) last4!: string;
  @Optional() @FreeText(32) scheme?: string;
  @Optional() @OneOf(['debit', 'credit']) type?: 'debit' | 'credit';
}

/** What every request of a terminal says of itself. */
export class RequestBody {
  @Identifier(15) merchantId!: string;
  @Identifier(8) terminalId!: string;
  @Digits(6) batchNo!: string;
  @Digits(6) stan!: string;
}

export class SaleBody extends RequestBody {
  @Amount() amount!: number;
  @Currency() currency!: string;
  @Nested(() => CardDto) card!: CardDto;
  @Optional() @FreeText(16) authCode?: string;
  @Optional() @FreeText(32) operatorId?: string;
  @Optional() @Timestamp() transactedAt?: string;
}

/** What the cashier should look at twice: it stops nothing. */
export class WarningDto {
  @OneOf(['duplicate-swipe', 'double-void', 'double-refund']) code!: string;
  /** The request that it may repeat. */
  @Text() of!: string;
  @Nested(() => SentenceDto) message!: SentenceDto;
}

export class SaleTakenAnswer {
  @Text() saleId!: string;
  @Digits(12) rrn!: string;
  @OneOf(STATUSES) status!: SaleStatus;
  @Amount() amount!: number;
  @Currency() currency!: string;
  @CalendarDate() businessDate!: string;
  @Timestamp() occurredAt!: string;
  @Text() responseCode!: string;
  @Numeral() revision!: number;
  @Position() position!: string;
  @Optional() @NestedList(() => WarningDto) warnings?: WarningDto[];
}

export class PresentedCardDto {
  @CardToken() token!: string;
  @Optional() @Digits(4) last4?: string;
  @Optional() @FreeText(32) scheme?: string;
  @Optional() @OneOf(['debit', 'credit']) type?: 'debit' | 'credit';
}

export class SupervisorDto {
  @OwnName(32) id!: string;
  @FreeText(128) password!: string;
}

/** A void, a refund, or a reversal that becomes one of the two. */
export class GiveBackBody extends RequestBody {
  @Optional()
  @Told('In the currency’s minor unit; all that is left without it')
  @Amount()
  amount?: number;

  @Optional()
  @Told('The amount of the sale in minor units, as the receipt has it: another is refused')
  @Amount()
  originalAmount?: number;

  @FreeText(256) reason!: string;
  @Optional() @FreeText(128) evidenceRef?: string;
  @Optional() @FreeText(32) operatorId?: string;
  @Optional() @Nested(() => PresentedCardDto) card?: PresentedCardDto;
  @Optional() @Nested(() => SupervisorDto) supervisor?: SupervisorDto;
  @Optional() @Told('The customer has agreed') @Flag() consent?: boolean;
}

class GivenBackDto {
  @Text() saleId!: string;
  @Optional() @Digits(12) rrn?: string;
  @Amount() amount!: number;
  @Currency() currency!: string;
  @Sum() remaining!: number;
  @CalendarDate() businessDate!: string;
  @Timestamp() occurredAt!: string;
  @OneOf([...STATUSES, 'awaiting-approval']) status!: SaleStatus | 'awaiting-approval';
  @Optional() @Timestamp() expiresAt?: string;
  @Text() responseCode!: string;
  @Numeral() revision!: number;
  @Position() position!: string;
  @Optional() @NestedList(() => WarningDto) warnings?: WarningDto[];
}

export class VoidAnswer extends GivenBackDto {
  @Text() voidId!: string;
}

export class RefundAnswer extends GivenBackDto {
  @Text() refundId!: string;
}

export class ReversalAnswer extends GivenBackDto {
  @OneOf(['void', 'refund']) kind!: 'void' | 'refund';
  @Optional() @Text() voidId?: string;
  @Optional() @Text() refundId?: string;
}

export class SettlementDto {
  @Sum() fee!: number;
  @Sum() reserve!: number;
  @Sum() net!: number;
  @CalendarDate() valueDate!: string;
  @OneOf(['batch', 'instant']) kind!: string;
  @Timestamp() occurredAt!: string;
}

export class OperationDto {
  @OneOf(['void', 'refund']) kind!: string;
  @Text() id!: string;
  @Optional() @Digits(12) rrn?: string;
  @Amount() amount!: number;
  /** Undone by a time-out reversal. */
  @Flag() isReversed!: boolean;
  @Numeral() revision!: number;
  @Timestamp() occurredAt!: string;
  @Position() position!: string;
}

export class ChargebackDto {
  @Text() chargebackId!: string;
  @Amount() amount!: number;
  @Sum() fee!: number;
  @OneOf(['open', 'won', 'lost']) status!: string;
}

/** A void or refund that waits, or has waited, for a second person's yes. */
export class SaleApprovalDto {
  @OneOf(['void', 'refund']) kind!: string;
  @Text() id!: string;
  @Amount() amount!: number;
  @OneOf(APPROVAL_STATUSES) status!: string;
  @Timestamp() expiresAt!: string;
}

export class SaleAnswer {
  @Text() saleId!: string;
  @OneOf(STATUSES) status!: SaleStatus;
  @Amount() amount!: number;
  @Sum() voided!: number;
  @Sum() refunded!: number;
  @Optional() @Amount() chargedBack?: number;
  @Sum() remaining!: number;
  @Currency() currency!: string;
  @CalendarDate() businessDate!: string;
  @Timestamp() businessDateEndsAt!: string;
  @Identifier(15) merchantId!: string;
  @Identifier(8) terminalId!: string;
  @Identifier(15) storeId!: string;
  @Digits(6) batchNo!: string;
  @Digits(6) stan!: string;
  @Digits(12) rrn!: string;
  @Nested(() => CardDto) card!: CardDto;
  @Optional() @Text() authCode?: string;
  @Optional() @Text() operatorId?: string;
  @Optional() @Timestamp() transactedAt?: string;
  @Timestamp() occurredAt!: string;
  /** The sale that it may be a second swipe of. */
  @Optional() @Text() repeats?: string;
  /** What was left of it when it was reversed as a whole. */
  @Optional() @Sum() reversed?: number;
  @Optional() @Nested(() => SettlementDto) settlement?: SettlementDto;
  @Optional() @NestedList(() => ChargebackDto) chargebacks?: ChargebackDto[];
  /** What requests hold that wait for an approval. */
  @Optional() @Amount() held?: number;
  @Optional() @NestedList(() => SaleApprovalDto) approvals?: SaleApprovalDto[];
  @NestedList(() => OperationDto) operations!: OperationDto[];
  @Numeral() revision!: number;
  @Position() position!: string;
  @Text() responseCode!: string;
}

export class SalePath {
  @Text() saleId!: string;
}

export class ActorDto {
  @OneOf(['terminal', 'merchant', 'operator', 'ledger']) kind!: string;
  @Optional() @Text() id?: string;
  @Optional() @Text() key?: string;
}

export class HistoryEventDto {
  @Text() type!: string;
  @Position() position!: string;
  @Numeral() revision!: number;
  @Timestamp() occurredAt!: string;
  @Timestamp() recordedAt!: string;
  @Nested(() => ActorDto) by!: ActorDto;
  @OpenObject() data!: object;
}

export class HistoryAnswer {
  @NestedList(() => HistoryEventDto) events!: HistoryEventDto[];
  @Text() responseCode!: string;
}

const OUTCOMES = ['reversed', 'never-arrived', 'already-reversed'] as const;

export class OriginalRequestDto {
  @Digits(6) batchNo!: string;
  @Digits(6) stan!: string;
}

/** A time-out reversal: its own name, and that of the request of the same terminal that it undoes. */
export class TimeoutReversalBody extends RequestBody {
  @Nested(() => OriginalRequestDto) original!: OriginalRequestDto;
}

export class TimeoutReversalAnswer {
  @OneOf(OUTCOMES) outcome!: string;
  @Optional() @Text() saleId?: string;
  @Position() position!: string;
  @Text() responseCode!: string;
}

const KINDS = ['sale', 'void', 'refund', 'reversal', 'timeout-reversal', 'unknown'] as const;

export class RequestStateAnswer {
  @OneOf(KINDS) kind!: string;
  @OneOf(['done', 'refused', 'reversed', 'never-arrived', 'in-progress']) outcome!: string;
  @Optional() @Text() saleId?: string;
  @Text() responseCode!: string;
  @Position() position!: string;
  @Optional() @Text() code?: string;
  @Optional() @Text() detail?: string;
  @Optional() @Nested(() => SentenceDto) message?: SentenceDto;
  @Optional() @Text() nextStep?: string;
  @Optional() @Amount() amount?: number;
  @Optional() @Currency() currency?: string;
  @Optional() @Digits(12) rrn?: string;
  @Optional() @Text() voidId?: string;
  @Optional() @Text() refundId?: string;
  @Optional() @OneOf(OUTCOMES) reversal?: string;
  @Optional() @OneOf(['awaiting-approval']) status?: string;
  @Optional() @Timestamp() expiresAt?: string;
}

export class RequestPath {
  @Identifier(15) merchantId!: string;
  @Identifier(8) terminalId!: string;
  @Digits(6) batchNo!: string;
  @Digits(6) stan!: string;
}

export class SalesListQuery extends PageQuery {
  @Optional() @OneOf(STATUSES) status?: SaleStatus;
  @Optional() @CalendarDate() from?: string;
  @Optional() @CalendarDate() to?: string;
}

export class ListedSaleDto {
  @Text() saleId!: string;
  @OneOf(STATUSES) status!: SaleStatus;
  @Amount() amount!: number;
  @Sum() voided!: number;
  @Sum() refunded!: number;
  @Optional() @Amount() chargedBack?: number;
  @Optional() @Amount() held?: number;
  @Sum() remaining!: number;
  @Currency() currency!: string;
  @CalendarDate() businessDate!: string;
  @Timestamp() businessDateEndsAt!: string;
  @Identifier(8) terminalId!: string;
  @Identifier(15) storeId!: string;
  @Digits(6) batchNo!: string;
  @Digits(12) rrn!: string;
  @Nested(() => CardDto) card!: CardDto;
  @Timestamp() occurredAt!: string;
  /** What was left of it when it was reversed as a whole. */
  @Optional() @Sum() reversed?: number;
  @Optional() @Nested(() => SettlementDto) settlement?: SettlementDto;
  @Numeral() revision!: number;
}

export class SalesListAnswer {
  @NestedList(() => ListedSaleDto) sales!: ListedSaleDto[];
  @Optional() @Text() next?: string;
}
