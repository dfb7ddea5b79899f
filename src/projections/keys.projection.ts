import type { Projection } from './projection.js';
import { handling } from './views-by-event.js';

const KEYS = `
  CREATE TABLE keys (
    position INTEGER PRIMARY KEY, keyId TEXT NOT NULL UNIQUE, added TEXT NOT NULL, merchantId TEXT, revoked TEXT
  ) STRICT;
  CREATE INDEX keys_of_merchant ON keys (merchantId) WHERE merchantId IS NOT NULL;
`;

/** Every key that was ever made: the data of its events, as JSON. */
export const keysProjection: Projection = {
  name: 'keys',
  version: 2,
  tables: { keys: KEYS },
  open: (database) => {
    const add = database.prepare('INSERT INTO keys VALUES (?, ?, ?, ?, NULL)');
    const revoke = database.prepare('UPDATE keys SET revoked = ? WHERE keyId = ?');
    return handling<'keys'>({
      KeyAdded: (data, { position }) =>
        add.run(Number(position), data.keyId, JSON.stringify(data), data.merchantId ?? null),
      KeyRevoked: (data) => revoke.run(JSON.stringify(data), data.keyId),
    });
  },
};
