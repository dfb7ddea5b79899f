import { settingsOfProcess, SettingsError } from './config.js';
import { createApp } from './create-app.js';
import { CorruptLogError } from './event-store/event-store.js';
import { FolderInUseError } from './event-store/open-event-store.js';
import { Readiness } from './http/readiness.js';

/** Exit codes: 1 the ledger can't be opened as it is, 2 the settings are wrong. */
async function main(): Promise<void> {
  const { app, url } = await createApp(settingsOfProcess());
  console.log(`Tillbook answers at ${url}, and explains itself at ${url}/docs`);
  const stop = (): void => {
    app.get(Readiness).stopping();
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

try {
  await main();
} catch (error) {
  const isTold = [SettingsError, CorruptLogError, FolderInUseError].some(
    (known) => error instanceof known,
  );
  console.error(isTold ? (error as Error).message : error);
  process.exit(error instanceof SettingsError ? 2 : 1);
}
