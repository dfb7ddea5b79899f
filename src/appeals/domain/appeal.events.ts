import type { RefusalCode } from '../../sales/domain/refusal.js';
import type { RequestKind } from '../../sales/domain/sale.events.js';

interface AppealFact {
  /** The name of the request that was refused. */
  readonly appealId: string;
  readonly merchantId: string;
  readonly saleId: string;
  readonly reason: string;
  readonly evidenceRef?: string;
  readonly operatorId?: string;
  readonly occurredAt: string;
}

export type AppealEvent =
  | {
      /** A merchant does not accept that a void or refund was refused [S3]. */
      readonly type: 'AppealFiled';
      readonly data: AppealFact & { readonly kind: RequestKind; readonly code: RefusalCode };
    }
  | {
      readonly type: 'AppealAnswered';
      readonly data: AppealFact & { readonly outcome: 'upheld' | 'rejected' };
    };

/** An appeal as its events left it. */
export interface Appeal {
  readonly filed: Extract<AppealEvent, { type: 'AppealFiled' }>['data'];
  readonly answered?: Extract<AppealEvent, { type: 'AppealAnswered' }>['data'];
}

export type AppealStatus = 'open' | 'upheld' | 'rejected';

/** The state after one more event; undefined stands for a request that nobody has appealed for. */
export function evolveAppeal(appeal: Appeal | undefined, event: AppealEvent): Appeal | undefined {
  switch (event.type) {
    case 'AppealFiled':
      return { filed: event.data };
    case 'AppealAnswered':
      return appeal && { ...appeal, answered: event.data };
  }
}

export function statusOf({ answered }: Appeal): AppealStatus {
  return answered?.outcome ?? 'open';
}
