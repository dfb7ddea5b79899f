import type { Projection } from './projection.js';
import { handling } from './views-by-event.js';

const MERCHANTS = `
  CREATE TABLE merchants (
    merchantId TEXT PRIMARY KEY, name TEXT NOT NULL, currency TEXT NOT NULL, timeZone TEXT NOT NULL,
    registeredAt TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** Every merchant there is, and what it is called. */
export const merchantsProjection: Projection = {
  name: 'merchants',
  version: 1,
  tables: { merchants: MERCHANTS },
  open: (database) => {
    const register = database.prepare('INSERT INTO merchants VALUES (?, ?, ?, ?, ?)');
    const change = database.prepare(
      'UPDATE merchants SET name = ?, currency = ?, timeZone = ? WHERE merchantId = ?',
    );
    return handling<'merchants'>({
      MerchantRegistered: ({ merchantId, settings, occurredAt }) =>
        register.run(merchantId, settings.name, settings.currency, settings.timeZone, occurredAt),
      MerchantPolicyChanged: ({ merchantId, settings }) =>
        change.run(settings.name, settings.currency, settings.timeZone, merchantId),
    });
  },
};
