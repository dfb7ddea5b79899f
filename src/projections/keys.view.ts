import type Database from 'better-sqlite3';
import { evolveKey, type Key, type KeyEvent } from '../access/domain/key.js';

interface KeyRow {
  readonly added: string;
  readonly revoked: string | null;
}

type DataOf<T extends KeyEvent['type']> = Extract<KeyEvent, { type: T }>['data'];

/** Every key that was ever made. */
export class KeysView {
  private readonly everything: Database.Statement<[], KeyRow>;
  private readonly ofMerchant: Database.Statement<[string], KeyRow>;

  constructor(database: Database.Database) {
    this.everything = database.prepare('SELECT added, revoked FROM keys ORDER BY position');
    this.ofMerchant = database.prepare(
      'SELECT added, revoked FROM keys WHERE merchantId = ? ORDER BY position',
    );
  }

  /** All of them, or those of a merchant and its terminals, in the order in which they were made. */
  list(merchantId?: string): Key[] {
    const rows = merchantId === undefined ? this.everything.all() : this.ofMerchant.all(merchantId);
    return rows.map(keyOf).filter((key) => key !== undefined);
  }
}

function keyOf({ added, revoked }: KeyRow): Key | undefined {
  const data = JSON.parse(added) as DataOf<'KeyAdded'>;
  const key = evolveKey(undefined, { type: 'KeyAdded', data });
  if (revoked === null) return key;
  return evolveKey(key, { type: 'KeyRevoked', data: JSON.parse(revoked) as DataOf<'KeyRevoked'> });
}
