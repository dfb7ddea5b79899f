import type { NextStep } from '../sales/domain/refusal.js';
import {
  Nested,
  NestedList,
  Numeral,
  OneOf,
  Optional,
  Position,
  Text,
  TextList,
} from './fields.js';

const NEXT_STEPS = [
  'void',
  'refund',
  'wait',
  'retry',
  'call-supervisor',
  'contact-acquirer',
  'none',
] as const satisfies readonly NextStep[];

export class SentenceDto {
  @Text() en!: string;
  @Text() zh!: string;
}

export class FieldErrorDto {
  @Text() field!: string;
  @Text() message!: string;
}

/** A problem document (RFC 9457). */
export class ProblemDocument {
  @Text() type!: string;
  @Text() title!: string;
  @Numeral() status!: number;
  @Text() code!: string;
  @Text() responseCode!: string;
  @Text() detail!: string;
  @Nested(() => SentenceDto) message!: SentenceDto;
  @OneOf(NEXT_STEPS) nextStep!: (typeof NEXT_STEPS)[number];
  @Optional() @Position() position?: string;
  @Optional() @NestedList(() => FieldErrorDto) errors?: FieldErrorDto[];
  @Optional() @TextList() fields?: string[];
}
