import { Command } from 'commander';
import { settingsOfProcess } from '../config.js';
import { openEventStoreReader, ownedFolder } from '../event-store/open-event-store.js';
import {
  batchesFinding,
  clockFinding,
  diskFinding,
  fault,
  type Finding,
  keyFinding,
  ledgerTime,
  logFindings,
  requestsFinding,
  serviceFindings,
  settingsFinding,
  viewFindings,
} from './doctor.checks.js';
import { print } from './standard-output.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'says what an operator wants to know first: settings, store, views, disk, key, clock, work due',
    )
    .option('--json', 'print each finding as a line of JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      for await (const finding of findings()) {
        tell(finding, json);
        if (finding.mark === 'fault') process.exitCode = 1;
      }
    });
}

async function* findings(): AsyncGenerator<Finding> {
  const settings = settingsOfProcess();
  const { EVENT_STORE_URL, VIEWS_DIR } = settings;
  yield settingsFinding(settings);
  yield* await looked('service', () => serviceFindings(settings));
  const folder = ownedFolder(EVENT_STORE_URL, VIEWS_DIR);
  yield* await looked('disk', async () => [await diskFinding('disk', folder)]);
  if (VIEWS_DIR !== folder) {
    yield* await looked('disk of views', async () => [
      await diskFinding('disk of views', VIEWS_DIR),
    ]);
  }
  yield keyFinding(settings);
  yield* await looked('store', async () => {
    const store = await openEventStoreReader(EVENT_STORE_URL);
    try {
      const found = await logFindings(store, settings);
      const clock = await clockFinding(store, Date.now());
      const views = await looked('views', () => viewFindings(store, settings));
      return [...found, clock, ...views];
    } finally {
      await store.close();
    }
  });
  yield* await looked('batches', async () => [
    batchesFinding(settings, await ledgerTime(settings)),
  ]);
  yield* await looked('requests', () => [requestsFinding(settings, Date.now())]);
}

/** What keeps something from being looked at is a fault of it. */
async function looked(
  what: string,
  look: () => Finding[] | Promise<Finding[]>,
): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [fault(what, (error as Error).message)];
  }
}

function tell({ what, mark, detail }: Finding, json: boolean): void {
  print(json ? JSON.stringify({ what, mark, detail }) : `${mark.padEnd(5)} ${what}: ${detail}`);
}
