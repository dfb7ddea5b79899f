import { fileURLToPath } from 'node:url';
import type { EventStore } from './event-store.js';
import { SqliteEventStore } from './sqlite/sqlite-event-store.js';

/** A store with what only its owner can do. */
export interface OwnedEventStore extends EventStore {
  /** Says where this process serves its API, for others who find the store in use. */
  announce(url: string): void;
}

/**
 * The store that EVENT_STORE_URL names, to read and write: `file:<folder>`.
 * @throws FolderInUseError, CorruptLogError
 */
export async function openEventStore(
  url: string,
  mode: 'thread' | 'inline',
): Promise<OwnedEventStore> {
  return SqliteEventStore.open(folderOf(url), mode);
}

/** The same store to read, beside whoever writes to it. */
export function openEventStoreReader(url: string): EventStore {
  return SqliteEventStore.openReader(folderOf(url));
}

/** The folder of `file:./data`, `file:/var/lib/tillbook` or `file:///var/lib/tillbook`. */
export function folderOf(url: string): string {
  return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
}

export { FolderInUseError, ownerOf } from './sqlite/folder-lock.js';
