import type { Projection } from './projection.js';
import { handling } from './views-by-event.js';

/** `opened` and `decided` are what the events said, as JSON. A case has its name from the scheme, and is of one sale. */
const CHARGEBACKS = `
  CREATE TABLE chargebacks (
    position INTEGER PRIMARY KEY, saleId TEXT NOT NULL, chargebackId TEXT NOT NULL, merchantId TEXT NOT NULL,
    status TEXT NOT NULL, opened TEXT NOT NULL, decided TEXT, UNIQUE (saleId, chargebackId)
  ) STRICT;
  CREATE INDEX chargebacks_of_sale ON chargebacks (saleId);
  CREATE INDEX chargebacks_of_merchant ON chargebacks (merchantId);
  CREATE INDEX chargebacks_by_status ON chargebacks (status);
  CREATE INDEX chargebacks_of_merchant_by_status ON chargebacks (merchantId, status);
`;

/** Every chargeback that was ever opened, and how it was decided. */
export const chargebacksProjection: Projection = {
  name: 'chargebacks',
  version: 1,
  tables: { chargebacks: CHARGEBACKS },
  open: (database) => {
    const insert = database.prepare(`INSERT INTO chargebacks VALUES (?, ?, ?, ?, 'open', ?, NULL)`);
    const decide = database.prepare(
      'UPDATE chargebacks SET status = ?, decided = ? WHERE saleId = ? AND chargebackId = ?',
    );
    return handling<'chargebacks'>({
      ChargebackOpened: (data, { position }) => {
        const { saleId, chargebackId, merchantId } = data;
        insert.run(Number(position), saleId, chargebackId, merchantId, JSON.stringify(data));
      },
      ChargebackWon: (data) =>
        decide.run('won', JSON.stringify(data), data.saleId, data.chargebackId),
      ChargebackLost: (data) =>
        decide.run('lost', JSON.stringify(data), data.saleId, data.chargebackId),
    });
  },
};
