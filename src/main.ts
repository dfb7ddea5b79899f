import { settingsOfProcess, SettingsError } from './config.js';
import { createApp, stopApp } from './create-app.js';
import { CorruptLogError, StoreUnavailableError } from './event-store/event-store.js';
import { FolderInUseError } from './event-store/open-event-store.js';
import { ViewsNotOpenError } from './projections/projector-thread.js';

/** Exit codes: 1 the ledger can't be opened as it is, or a thread was lost, 2 the settings are wrong. */
async function main(): Promise<void> {
  // A ledger does not stop because nobody reads what it says of itself any more.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  // Before it listens nobody is owed an answer, and its store may let it wait for a minute.
  let stop = (): Promise<void> => Promise.resolve();
  let isTold = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Of npm a second one comes at Ctrl-C.
      if (isTold) return;
      isTold = true;
      stop().then(() => process.exit(0), fail);
    });
  }
  const { app, url, lost } = await createApp(settingsOfProcess());
  stop = () => stopApp(app);
  void lost.then((error) => {
    console.error(`Tillbook ends, to be started again: ${error.message}`);
    return stop().finally(() => process.exit(1));
  });
  console.log(`Tillbook answers at ${url}, and explains itself at ${url}/docs`);
}

function fail(error: unknown): never {
  console.error(isTold(error) ? error.message : error);
  process.exit(error instanceof SettingsError ? 2 : 1);
}

const TOLD = [
  SettingsError,
  CorruptLogError,
  FolderInUseError,
  StoreUnavailableError,
  ViewsNotOpenError,
];

/** What can be put right by whoever starts the service: the message says it all. */
function isTold(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const isOfSystem = 'syscall' in error || ('code' in error && /^SQLITE_/.test(String(error.code)));
  return isOfSystem || TOLD.some((known) => error instanceof known);
}

main().catch(fail);
