import type { Projection } from './projection.js';
import { handling } from './views-by-event.js';

/** `filed` and `answered` are what the events said, as JSON. */
const APPEALS = `
  CREATE TABLE appeals (
    position INTEGER PRIMARY KEY, appealId TEXT NOT NULL UNIQUE, merchantId TEXT NOT NULL, saleId TEXT NOT NULL,
    status TEXT NOT NULL, filed TEXT NOT NULL, answered TEXT
  ) STRICT;
  CREATE INDEX appeals_of_merchant ON appeals (merchantId);
  CREATE INDEX appeals_of_sale ON appeals (saleId);
  CREATE INDEX appeals_by_status ON appeals (status);
  CREATE INDEX appeals_of_merchant_by_status ON appeals (merchantId, status);
`;

/** Every appeal that was ever filed. */
export const appealsProjection: Projection = {
  name: 'appeals',
  version: 2,
  tables: { appeals: APPEALS },
  open: (database) => {
    const file = database.prepare(`INSERT INTO appeals VALUES (?, ?, ?, ?, 'open', ?, NULL)`);
    const answer = database.prepare(
      'UPDATE appeals SET status = ?, answered = ? WHERE appealId = ?',
    );
    return handling<'appeals'>({
      AppealFiled: (data, { position }) => {
        const { appealId, merchantId, saleId } = data;
        file.run(Number(position), appealId, merchantId, saleId, JSON.stringify(data));
      },
      AppealAnswered: (data) => answer.run(data.outcome, JSON.stringify(data), data.appealId),
    });
  },
};
