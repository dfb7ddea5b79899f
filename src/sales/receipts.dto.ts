import { OneOf, Optional, Text } from '../http/fields.js';
import type { Language } from './receipt.js';
import { SalePath } from './sales.dto.js';

export class VoidReceiptPath extends SalePath {
  @Text() voidId!: string;
}

export class RefundReceiptPath extends SalePath {
  @Text() refundId!: string;
}

export class ReceiptQuery {
  @Optional() @OneOf(['en', 'zh']) language?: Language;
  /** Of the paper, in millimetres. */
  @Optional() @OneOf(['58', '80']) width?: '58' | '80';
}
