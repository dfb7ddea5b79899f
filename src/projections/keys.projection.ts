import type Database from 'better-sqlite3';
import type { KeyEvent } from '../access/domain/key.js';
import type { LedgerEvent } from '../ledger/domain/ledger-event.js';
import type { Projection } from './projection.js';

const KEYS = `
  CREATE TABLE keys (
    position INTEGER PRIMARY KEY, keyId TEXT NOT NULL UNIQUE, added TEXT NOT NULL, merchantId TEXT, revoked TEXT
  ) STRICT;
  CREATE INDEX keys_of_merchant ON keys (merchantId) WHERE merchantId IS NOT NULL;
`;

const IS_KEY_EVENT: Readonly<Record<KeyEvent['type'], true>> = { KeyAdded: true, KeyRevoked: true };

/** Every key that was ever made: the data of its events, as JSON. */
export const keysProjection: Projection = {
  name: 'keys',
  version: 2,
  tables: { keys: KEYS },
  open: (database) => {
    const add = database.prepare('INSERT INTO keys VALUES (?, ?, ?, ?, NULL)');
    const revoke = database.prepare('UPDATE keys SET revoked = ? WHERE keyId = ?');
    return (events) => {
      for (const { event, position } of events) {
        if (isKeyEvent(event)) fold(event, position, add, revoke);
      }
    };
  },
};

export function isKeyEvent(event: LedgerEvent): event is KeyEvent {
  return event.type in IS_KEY_EVENT;
}

function fold(
  { type, data }: KeyEvent,
  position: string,
  add: Database.Statement,
  revoke: Database.Statement,
): void {
  switch (type) {
    case 'KeyAdded':
      add.run(Number(position), data.keyId, JSON.stringify(data), data.merchantId ?? null);
      return;
    case 'KeyRevoked':
      revoke.run(JSON.stringify(data), data.keyId);
  }
}
