import type Database from 'better-sqlite3';
import type { EventData } from '../ledger/domain/ledger-event.js';
import type { Chargeback } from '../sales/domain/sale.js';
import { FilteredList, positionCursor } from './filtered-list.js';

export type ChargebackStatus = Chargeback['status'];

/** A case, as it was opened, and how it ended. */
export interface ListedChargeback {
  readonly opened: EventData<'ChargebackOpened'>;
  readonly status: ChargebackStatus;
  readonly decided?: EventData<'ChargebackLost'> & Partial<EventData<'ChargebackWon'>>;
}

export interface ChargebacksQuery {
  readonly merchantId?: string | undefined;
  readonly saleId?: string | undefined;
  readonly status?: ChargebackStatus | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly position: bigint;
  readonly status: ChargebackStatus;
  readonly opened: string;
  readonly decided: string | null;
}

/** Chargebacks in the order in which they were opened. */
export class ChargebacksView {
  private readonly chargebacks: FilteredList<Row>;

  constructor(database: Database.Database) {
    this.chargebacks = new FilteredList<Row>(database, {
      select: 'SELECT position, status, opened, decided FROM chargebacks',
      ways: [
        { by: ['saleId'], index: 'chargebacks_of_sale' },
        { by: ['merchantId', 'status'], index: 'chargebacks_of_merchant_by_status' },
        { by: ['merchantId'], index: 'chargebacks_of_merchant' },
        { by: ['status'], index: 'chargebacks_by_status' },
      ],
      cursor: positionCursor,
    });
  }

  list({ merchantId, saleId, status, after = '0', limit }: ChargebacksQuery) {
    const filters = { merchantId, saleId, status };
    const { rows, ...next } = this.chargebacks.page(filters, { after: Number(after) }, limit);
    return { chargebacks: rows.map(listed), ...next };
  }
}

function listed({ status, opened, decided }: Row): ListedChargeback {
  return {
    opened: JSON.parse(opened) as ListedChargeback['opened'],
    status,
    ...(decided !== null && {
      decided: JSON.parse(decided) as NonNullable<ListedChargeback['decided']>,
    }),
  };
}
