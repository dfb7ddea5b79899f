import type { KeyEvent } from '../../access/domain/key.js';
import type { SignatureEvent } from '../../access/domain/signature.events.js';
import type { AppealEvent } from '../../appeals/domain/appeal.events.js';
import type { AcquirerEvent } from '../../acquirer/domain/acquirer.events.js';
import type { TrailEvent } from '../../audit/domain/trail.events.js';
import type { BatchEvent } from '../../batches/domain/batch.events.js';
import type { CardEvent } from '../../cards/domain/card.js';
import type { MerchantEvent } from '../../merchants/domain/merchant.events.js';
import type { BooksEvent } from '../../payouts/domain/payout.events.js';
import type { FailureEvent } from '../../refusals/domain/failure.events.js';
import type { RequestEvent, SaleEvent } from '../../sales/domain/sale.events.js';

/** Every fact that the log may hold. */
export type LedgerEvent =
  | SaleEvent
  | RequestEvent
  | FailureEvent
  | AppealEvent
  | BatchEvent
  | MerchantEvent
  | CardEvent
  | KeyEvent
  | SignatureEvent
  | BooksEvent
  | AcquirerEvent
  | TrailEvent;

export type LedgerEventType = LedgerEvent['type'];

/** What the events of a type say. */
export type EventData<T extends LedgerEventType> = (LedgerEvent & { readonly type: T })['data'];

/** Where and when a fact was written, and by whom. */
export interface RecordedEvent {
  readonly event: LedgerEvent;
  /** The store's `Position`: of fixed width, and sorts as the log does. */
  readonly position: string & { readonly unit: 'position' };
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly recordedAt: string;
  /** The request that it was written for, unless its sender had a name of its own for that. */
  readonly correlationId: string;
  readonly by: Actor;
}

/** Who is behind a fact: a terminal, a merchant or an operator through the API, or the ledger itself. */
export interface Actor {
  readonly kind: 'terminal' | 'merchant' | 'operator' | 'ledger';
  readonly id?: string;
  /** Id of the key that vouched for them. */
  readonly key?: string;
}

/** Who does what falls due by itself. */
export const THE_LEDGER: Actor = { kind: 'ledger' };
