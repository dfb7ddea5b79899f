import {
  Amount,
  CalendarDate,
  Currency,
  Digits,
  Identifier,
  Nested,
  NestedList,
  OneOf,
  Optional,
  Position,
  Sum,
  Text,
  TextList,
  Told,
  Whole,
} from '../http/fields.js';
import { JSONSchema } from 'class-validator-jsonschema';
import { Allow } from 'class-validator';
import { PageQuery } from '../http/paging.js';
import type { BatchFigures, BatchState } from './batch.answer.js';
import type { BatchItem, SettledSums, StoredTotals } from './domain/batch.events.js';
import type { TerminalSide } from './domain/reconcile.js';

/** Counts, and sums in minor units, exact at any size. */
export class TotalsDto {
  @Whole(0, 1_000_000_000) saleCount!: number;
  @Sum() saleAmount!: number | bigint;
  @Whole(0, 1_000_000_000) voidCount!: number;
  @Sum() voidAmount!: number | bigint;
  @Whole(0, 1_000_000_000) refundCount!: number;
  @Sum() refundAmount!: number | bigint;
}

export class ItemDto {
  @Digits(6) stan!: string;
  @OneOf(['sale', 'void', 'refund']) kind!: BatchItem['kind'];
  @Amount() amount!: number;
}

export class CloseBody {
  @Optional() @Nested(() => TotalsDto) totals?: TotalsDto;
  @Optional() @NestedList(() => ItemDto) items?: ItemDto[];
}

export class DayCloseBody {
  @Optional() @Identifier(15) storeId?: string;
}

export class SettledDto {
  @Whole(0, 1_000_000_000) count!: number;
  @Sum() amount!: bigint;
  @Sum() fee!: bigint;
  @Sum() reserve!: bigint;
  @Sum() net!: bigint;
}

const sides = { type: ['integer', 'null'] as never, format: 'int64' };

/** A total that differs (`field`), or an item (`stan`, `kind`); a side that lacks the item is null. */
export class DifferenceDto {
  @Optional() @Text() field?: string;
  @Optional() @Digits(6) stan?: string;
  @Optional() @OneOf(['sale', 'void', 'refund']) kind?: string;
  @Allow() @JSONSchema(sides) terminal!: bigint | null;
  @Allow() @JSONSchema(sides) ledger!: bigint | null;
}

const STATUSES = ['open', 'closing', 'closed'] as const;

export class BatchesQuery extends PageQuery {
  @Optional() @OneOf(STATUSES) status?: BatchFigures['status'];
}

export class ListedBatchDto {
  @Identifier(15) merchantId!: string;
  @Identifier(8) terminalId!: string;
  @Digits(6) batchNo!: string;
  @OneOf(STATUSES) status!: BatchFigures['status'];
  @CalendarDate() businessDate!: string;
  @Optional()
  @Told('ISO 4217, of its sums; absent as long as there is no money in it')
  @Currency()
  currency?: string;
  @Nested(() => TotalsDto) totals!: TotalsDto;
  @Nested(() => SettledDto) settled!: SettledDto;
}

export class BatchesAnswer {
  @NestedList(() => ListedBatchDto) batches!: ListedBatchDto[];
  @Optional() @Text() next?: string;
}

export class BatchAnswer extends ListedBatchDto {
  @OneOf(['matched', 'mismatched', 'not-sent']) reconciliation!: BatchState['reconciliation'];
  @Optional() @NestedList(() => DifferenceDto) differences?: DifferenceDto[];
  /** How many more there are than are named. */
  @Optional() @Whole(1, 1_000_000_000) differencesLeftOut?: number;
  @Optional() @TextList() carriedForward?: string[];
  @Text() responseCode!: string;
  @Position() position!: string;
}

export class DayCloseAnswer {
  @NestedList(() => BatchAnswer)
  batches!: BatchAnswer[];
  @Text() responseCode!: string;
}

export class BatchPath {
  @Identifier(15) merchantId!: string;
  @Identifier(8) terminalId!: string;
  @Digits(6) batchNo!: string;
}

/** The terminal's own side of a close. */
export function terminalSide({ totals, items }: CloseBody): TerminalSide {
  return {
    totals: totals && stored(totals),
    items: items as readonly BatchItem[] | undefined,
  };
}

function stored(totals: TotalsDto): StoredTotals {
  const { saleCount, saleAmount, voidCount, voidAmount, refundCount, refundAmount } = totals;
  return {
    saleCount,
    saleAmount: digits(saleAmount),
    voidCount,
    voidAmount: digits(voidAmount),
    refundCount,
    refundAmount: digits(refundAmount),
  };
}

/** In full: a number of 22 digits and more would be written with an exponent. */
function digits(sum: number | bigint): string {
  return BigInt(sum).toString();
}

export function renderListed({ totals, settled, ...batch }: BatchFigures): ListedBatchDto {
  return { ...batch, totals: renderTotals(totals), settled: renderSettled(settled) };
}

export function renderBatch(batch: BatchState): BatchAnswer {
  const { differences, carriedForward, totals, settled, ...rest } = batch;
  return {
    ...rest,
    totals: renderTotals(totals),
    settled: renderSettled(settled),
    ...(differences && {
      differences: differences.map(({ terminal, ledger, ...named }) => ({
        ...named,
        terminal: terminal === null ? null : BigInt(terminal),
        ledger: ledger === null ? null : BigInt(ledger),
      })),
    }),
    ...(carriedForward && { carriedForward: [...carriedForward] }),
    responseCode: responseCodeOf(batch),
  };
}

/** 09 while it is being closed, 95 when the terminal's totals differ. */
function responseCodeOf({ status, reconciliation }: BatchState): string {
  if (status === 'closing') return '09';
  return reconciliation === 'mismatched' ? '95' : '00';
}

function renderTotals(totals: StoredTotals): TotalsDto {
  return {
    ...totals,
    saleAmount: BigInt(totals.saleAmount),
    voidAmount: BigInt(totals.voidAmount),
    refundAmount: BigInt(totals.refundAmount),
  };
}

function renderSettled({ count, amount, fee, reserve, net }: SettledSums): SettledDto {
  return {
    count,
    amount: BigInt(amount),
    fee: BigInt(fee),
    reserve: BigInt(reserve),
    net: BigInt(net),
  };
}
