import type Database from 'better-sqlite3';
import { evolveKey, type Key } from '../access/domain/key.js';
import type { EventData } from '../ledger/domain/ledger-event.js';
import { FilteredList, positionCursor } from './filtered-list.js';

export interface KeysQuery {
  readonly merchantId?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

interface KeyRow {
  readonly position: bigint;
  readonly added: string;
  readonly revoked: string | null;
}

/** Every key that was ever made, in the order in which they were made. */
export class KeysView {
  private readonly everything: Database.Statement<[], Omit<KeyRow, 'position'>>;
  private readonly keys: FilteredList<KeyRow>;

  constructor(database: Database.Database) {
    this.everything = database.prepare('SELECT added, revoked FROM keys ORDER BY position');
    this.keys = new FilteredList<KeyRow>(database, {
      select: 'SELECT position, added, revoked FROM keys',
      ways: [{ by: ['merchantId'], index: 'keys_of_merchant' }],
      cursor: positionCursor,
    });
  }

  all(): Key[] {
    return this.everything.all().flatMap((row) => keyOf(row) ?? []);
  }

  /** A page of all, or of those of a merchant and its terminals. */
  list({ merchantId, after = '0', limit }: KeysQuery) {
    const { rows, ...next } = this.keys.page({ merchantId }, { after: Number(after) }, limit);
    return { keys: rows.flatMap((row) => keyOf(row) ?? []), ...next };
  }
}

function keyOf({ added, revoked }: Omit<KeyRow, 'position'>): Key | undefined {
  const data = JSON.parse(added) as EventData<'KeyAdded'>;
  const key = evolveKey(undefined, { type: 'KeyAdded', data });
  if (revoked === null) return key;
  return evolveKey(key, {
    type: 'KeyRevoked',
    data: JSON.parse(revoked) as EventData<'KeyRevoked'>,
  });
}
