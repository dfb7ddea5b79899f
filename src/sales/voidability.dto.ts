import {
  Amount,
  Currency,
  Flag,
  Identifier,
  Nested,
  NestedList,
  OneOf,
  Optional,
  Position,
  SignedSum,
  Sum,
  Text,
  TextList,
  Timestamp,
} from '../http/fields.js';
import { SentenceDto } from '../http/problem.dto.js';

export class VoidabilityQuery {
  @Optional() @Amount() amount?: number;
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @Timestamp() at?: string;
  @Optional() @Position() position?: string;
}

export class WayDto {
  @Flag() allowed!: boolean;
  @Sum() maxAmount!: number;
  @Optional() @Timestamp() until?: string;
}

export class ConditionDto {
  @Text() code!: string;
  @OneOf(['void', 'refund']) for!: string;
  @Flag() met!: boolean;
  /** In English, as in problem documents; `message` has both languages. */
  @Text() detail!: string;
  @Nested(() => SentenceDto) message!: SentenceDto;
}

export class AsOfDto {
  @Position() position!: string;
  @Timestamp() time!: string;
}

/** `available` is below zero where the merchant owes. */
export class EffectHoldingDto {
  @SignedSum() pending!: bigint;
  @SignedSum() available!: bigint;
  @SignedSum() reserve!: bigint;
}

export class EffectFeeDto {
  @Sum() returned!: number;
  @Sum() notCharged!: number;
}

/** What a void or refund of the amount asked, or of all that is left, would do to the merchant's balances and fees. */
export class EffectDto {
  @OneOf(['void', 'refund']) kind!: 'void' | 'refund';
  @Amount() amount!: number;
  @Currency() currency!: string;
  @Nested(() => EffectHoldingDto) change!: EffectHoldingDto;
  @Nested(() => EffectFeeDto) fee!: EffectFeeDto;
  @Optional() @Nested(() => EffectHoldingDto) before?: EffectHoldingDto;
  @Optional() @Nested(() => EffectHoldingDto) after?: EffectHoldingDto;
}

export class VoidabilityAnswer {
  @Text() saleId!: string;
  @OneOf(['void', 'refund', 'none']) decision!: string;
  @Nested(() => WayDto) void!: WayDto;
  @Nested(() => WayDto) refund!: WayDto;
  @NestedList(() => ConditionDto) conditions!: ConditionDto[];
  @TextList() requires!: string[];
  @Optional() @Nested(() => EffectDto) effect?: EffectDto;
  @Nested(() => SentenceDto) explanation!: SentenceDto;
  @Nested(() => AsOfDto) asOf!: AsOfDto;
  @Text() responseCode!: string;
}
