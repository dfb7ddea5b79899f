import { createReadStream } from 'node:fs';
import { Command } from 'commander';
import { lines } from '../audit/lines.js';
import { restore } from '../audit/restore.js';
import { settingsOfProcess } from '../config.js';
import { openEventStore } from '../event-store/open-event-store.js';
import { counted } from './counted.js';
import { startProgress } from './progress.js';
import { print } from './standard-output.js';
import { sizeOf, untilInterrupted } from './tool.js';

export function restoreCommand(): Command {
  return new Command('restore')
    .description('writes an exported log into an empty store')
    .argument('<file>', 'as `ledger export --format ndjson` made it')
    .option('--json', 'print what was done, and progress, as JSON')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const events = await run(file, json);
      print(json ? JSON.stringify({ events }) : `${counted(events, 'event')} restored`);
    });
}

async function run(file: string, json: boolean | undefined): Promise<number> {
  const size = sizeOf(file);
  const store = await openEventStore(settingsOfProcess().EVENT_STORE_URL, 'inline');
  const input = createReadStream(file, 'utf8');
  const progress = startProgress('restore, bytes', size, json);
  try {
    return await untilInterrupted((signal) => {
      const seen = (): void => {
        progress.at(input.bytesRead);
      };
      return restore(store, lines(input), seen, signal);
    });
  } finally {
    progress.end();
    input.destroy();
    await store.close();
  }
}
