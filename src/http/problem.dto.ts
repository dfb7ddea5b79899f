import { Nested, NestedList, Numeral, Optional, Position, Text, TextList } from './fields.js';

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
  @Text() nextStep!: string;
  @Optional() @Position() position?: string;
  @Optional() @NestedList(() => FieldErrorDto) errors?: FieldErrorDto[];
  @Optional() @TextList() fields?: string[];
}
