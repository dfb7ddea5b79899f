import type Database from 'better-sqlite3';
import type { AppealEvent } from '../appeals/domain/appeal.events.js';
import type { LedgerEvent } from '../ledger/domain/ledger-event.js';
import type { Projection } from './projection.js';

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

const IS_OF_APPEALS: Readonly<Record<AppealEvent['type'], true>> = {
  AppealFiled: true,
  AppealAnswered: true,
};

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
    return (events) => {
      for (const { event, position } of events) {
        if (isOfAppeals(event)) fold(event, position, file, answer);
      }
    };
  },
};

function isOfAppeals(event: LedgerEvent): event is AppealEvent {
  return event.type in IS_OF_APPEALS;
}

function fold(
  event: AppealEvent,
  position: string,
  file: Database.Statement,
  answer: Database.Statement,
): void {
  const { appealId, merchantId, saleId } = event.data;
  switch (event.type) {
    case 'AppealFiled':
      file.run(Number(position), appealId, merchantId, saleId, JSON.stringify(event.data));
      return;
    case 'AppealAnswered':
      answer.run(event.data.outcome, JSON.stringify(event.data), appealId);
  }
}
