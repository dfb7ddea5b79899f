import type { Projection } from '../../../../src/projections/projection.js';

const GIVEN_BACK = `
  CREATE TABLE givenBack (
    request TEXT PRIMARY KEY, merchantId TEXT NOT NULL, businessDate TEXT NOT NULL, operatorId TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX givenBack_by_day ON givenBack (merchantId, businessDate);
`;

/** What each cashier gave back, a row for each void and refund that still stands. */
export const cashiersProjection: Projection = {
  name: 'cashiers',
  version: 1,
  tables: { givenBack: GIVEN_BACK },
  open: (database) => {
    const add = database.prepare('INSERT INTO givenBack VALUES (?, ?, ?, ?, ?, ?)');
    const remove = database.prepare('DELETE FROM givenBack WHERE request = ?');
    return (events) => {
      for (const { event } of events) {
        if (event.type === 'Void' || event.type === 'Refund') {
          const { request, merchantId, businessDate, operatorId, amount, currency } = event.data;
          if (operatorId === undefined) continue;
          add.run(request, merchantId, businessDate, operatorId, amount, currency);
        } else if (event.type === 'Reversal') {
          remove.run(event.data.of);
        }
      }
    };
  },
};
