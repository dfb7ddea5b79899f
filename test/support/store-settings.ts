import { basename, join } from 'node:path';

const NAMESPACE = join(import.meta.dirname, 'kurrentdb-namespace.js');

/** The log of a folder's ledger is in the folder, or in a namespace of its own of the server that all suites share. */
export function storeSettings(folder: string): Record<string, string> & {
  readonly EVENT_STORE_URL: string;
  readonly VIEWS_DIR: string;
} {
  if (process.env['TEST_EVENT_STORE'] !== 'kurrentdb') {
    return { EVENT_STORE_URL: `file:${folder}`, VIEWS_DIR: folder };
  }
  return {
    EVENT_STORE_URL: sharedServer(),
    VIEWS_DIR: folder,
    NODE_OPTIONS: `--import=${NAMESPACE}`,
    TEST_NAMESPACE: namespaceOf(folder),
  };
}

/** What the streams of a folder's ledger begin with on the server. */
export function namespaceOf(folder: string): string {
  return `${basename(folder)}-`;
}

/** Connection string of the server that the suites on EventStoreDB share. */
export function sharedServer(): string {
  const url = process.env['KURRENTDB_URL'];
  if (url === undefined) throw new Error('this suite runs in the project kurrentdb only');
  return url;
}
