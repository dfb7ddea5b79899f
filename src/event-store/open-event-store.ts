import { STREAM_PREFIXES } from '../ledger/domain/request-name.js';
import { type CheckedPage, trustedPages } from './checked-page.js';
import { CorruptLogError, type EventStore } from './event-store.js';
import { checkedPages } from './sqlite/checked-log.js';
import { checkAtStart } from './sqlite/log-check.js';
import { openForReading } from './sqlite/log-file.js';
import { SqliteEventStore } from './sqlite/sqlite-event-store.js';
import { folderOf, isFolder } from './store-url.js';

/** A store with what only its owner can do. */
export interface OwnedEventStore extends EventStore {
  /** Resolves with why nothing can be appended any more, until a new process opens the store. */
  readonly lost?: Promise<Error> | undefined;
  /** Says where this process serves its API, for others who find the store in use. */
  announce(url: string): void;
}

/**
 * The store that EVENT_STORE_URL names, to read and write: `file:<folder>`, or `kurrentdb://…` / `esdb://…`. One process owns
 * the folder of the log, if it is in one, and that of the views: without it, views are not kept.
 * @throws FolderInUseError, CorruptLogError, StoreUnavailableError; SettingsError for a connection string that can't be used
 */
export async function openEventStore(
  url: string,
  mode: 'thread' | 'inline',
  viewsDir?: string,
): Promise<OwnedEventStore> {
  if (isFolder(url)) return SqliteEventStore.open(folderOf(url), mode, viewsDir);
  const { KurrentDbEventStore } = await kurrentDb();
  return KurrentDbEventStore.open({ url, prefixes: STREAM_PREFIXES, viewsDir, mode }, (warning) => {
    console.warn(warning);
  });
}

/** The same store to read, beside whoever writes to it. */
export async function openEventStoreReader(url: string): Promise<EventStore> {
  if (isFolder(url)) return SqliteEventStore.openReader(folderOf(url));
  const { KurrentDbEventStore } = await kurrentDb();
  return KurrentDbEventStore.openReader({ url, prefixes: STREAM_PREFIXES });
}

/**
 * The whole log, page by page, and what is wrong with its keeping, beside whoever writes to it. `mode`: whether what can be
 * is checked in a thread of its own. @throws StoreUnavailableError
 */
export async function* openCheckedLog(
  url: string,
  mode: 'thread' | 'inline',
): AsyncGenerator<CheckedPage> {
  if (isFolder(url)) {
    yield* checkedPages(folderOf(url), mode);
    return;
  }
  const store = await openEventStoreReader(url);
  try {
    yield* trustedPages(store);
  } finally {
    await store.close();
  }
}

/** What a start on the folder would find wrong with its log; undefined where it would find nothing. */
export function glanceAtLog(url: string): string | undefined {
  const folder = folderOf(url);
  try {
    const database = openForReading(folder);
    try {
      checkAtStart(database, folder);
      return undefined;
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof CorruptLogError) return error.message;
    throw error;
  }
}

/** Its client takes a third of a second to load: only for who needs it. */
const kurrentDb = () => import('./kurrentdb/kurrentdb-event-store.js');

/** The folder that the one process has whose views these are: the log's own, or the views'. */
export function ownedFolder(url: string, viewsDir: string): string {
  return isFolder(url) ? folderOf(url) : viewsDir;
}

export { FolderInUseError, FolderLock, isHeld, ownerOf } from './folder-lock.js';
