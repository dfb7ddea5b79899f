import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { type Settings, settingsOfProcess } from '../config.js';
import type { EventStore } from '../event-store/event-store.js';
import { openEventStore, openEventStoreReader } from '../event-store/open-event-store.js';
import { exactText } from '../http/json.js';
import { ALL_PROJECTIONS, projectionOf } from '../projections/all-projections.js';
import type { RebuildAnswer } from '../projections/projections.dto.js';
import type { Built } from '../projections/rebuild/build.js';
import type { Compared } from '../projections/rebuild/candidate.js';
import { buildInThreads } from '../projections/rebuild/rebuild-thread.js';
import { rebuildOffline, type Verified, verifyViews } from '../projections/rebuild/offline.js';
import { logProgress } from './log-progress.js';
import { startProgress } from './progress.js';
import { runningService, type Service } from './service.js';
import { print } from './standard-output.js';
import { requireLog, untilInterrupted } from './tool.js';
import { viewName } from './view-name.js';

const ASK_EVERY_MS = 250;

interface RebuildOptions {
  readonly verify?: boolean;
  readonly json?: boolean;
}

export function rebuildCommand(): Command {
  return new Command('rebuild')
    .description('builds read models anew beside the live ones, compares them, and swaps them')
    .argument('[names...]', 'of the read models; all of them without', viewNames)
    .option('--verify', 'only compare; print each row that differs and the events that made it')
    .option('--json', 'print progress and results as lines of JSON')
    .action(async (names: string[], { verify, json = false }: RebuildOptions) => {
      const projections = names.length === 0 ? ALL_PROJECTIONS : names.map(projectionOf);
      const settings = settingsOfProcess();
      if (verify) {
        await verifyAll(projections, settings, json);
        return;
      }
      const service = runningService(settings);
      if (service) {
        for (const { name } of projections) await rebuildThrough(service, name, json);
        return;
      }
      await rebuildAll(projections, settings, json);
    });
}

function viewNames(name: string, others: string[] = []): string[] {
  return [...others, viewName(name)];
}

/** On the service that owns the folder: Ctrl-C cancels there, too. */
async function rebuildThrough(service: Service, name: string, json: boolean): Promise<void> {
  const path = `/v1/projections/${name}/rebuild`;
  const state = await untilInterrupted(async (signal) => {
    let state = await service.send<RebuildAnswer>('POST', path);
    const progress = startProgress(`rebuild ${name}`, state.total, json);
    try {
      while (['waiting', 'building', 'taking-over'].includes(state.status)) {
        if (!signal.aborted) await pause(ASK_EVERY_MS);
        state = await service.send<RebuildAnswer>(signal.aborted ? 'DELETE' : 'GET', path);
        progress.at(state.events, state.total);
      }
    } finally {
      progress.end();
    }
    return state;
  });
  if (state.status !== 'done') throw new Error(`${name}: ${state.reason ?? state.status}`);
  tell({ ...state }, json, () => `${name} done: ${comparedText(state)}`);
}

async function rebuildAll(
  projections: typeof ALL_PROJECTIONS,
  settings: Settings,
  json: boolean,
): Promise<void> {
  await requireLog(settings);
  const store = await openEventStore(settings.EVENT_STORE_URL, 'inline', settings.VIEWS_DIR);
  const build = buildInThreads(settings.EVENT_STORE_URL, false);
  const built = await shown('rebuild', store, settings, json, (signal, done) =>
    rebuildOffline(projections, settings.VIEWS_DIR, build, signal, done),
  );
  for (const view of built) {
    tell({ ...view, status: 'done' }, json, () => textOf(view, 'done'));
  }
}

/** Exit code 1 when any row differs, or a view is damaged or can't be built. */
async function verifyAll(
  projections: typeof ALL_PROJECTIONS,
  settings: Settings,
  json: boolean,
): Promise<void> {
  const store = await openEventStoreReader(settings.EVENT_STORE_URL);
  await requireViews(store, settings).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const build = buildInThreads(settings.EVENT_STORE_URL, false);
  const verified = await shown('verify', store, settings, json, (signal, done) =>
    verifyViews(projections, settings.VIEWS_DIR, { build, store }, signal, done),
  );
  for (const view of verified) {
    const { failure, damage, compared } = view;
    const text = failure === undefined ? textOf(view, 'verified') : failure;
    tell(view, json, () => [text, ...rowLines(view)].join('\n'));
    const isWell = failure === undefined && damage === undefined && !compared?.differing;
    if (!isWell) process.exitCode = 1;
  }
}

/** What is wrong with a store that is away says more than that nobody has built views of it here. */
async function requireViews(store: EventStore, { VIEWS_DIR }: Settings): Promise<void> {
  await store.head();
  if (!existsSync(VIEWS_DIR)) throw new Error(`there are no views in ${VIEWS_DIR}`);
}

async function shown<T>(
  what: string,
  store: EventStore,
  settings: Settings,
  json: boolean,
  work: (signal: AbortSignal, done: (events: number) => void) => Promise<T>,
): Promise<T> {
  const progress = await logProgress(what, store, settings, json);
  try {
    return await untilInterrupted((signal) =>
      work(signal, (events) => {
        progress.at(events);
      }),
    );
  } finally {
    progress.end();
    await store.close();
  }
}

function tell(value: object, json: boolean, text: () => string): void {
  print(json ? exactText(value) : text());
}

function textOf(built: Built, status: string): string {
  return `${built.name} ${status}: ${comparedText(built)}`;
}

function comparedText({
  compared,
  damage,
}: {
  readonly compared?: Pick<Compared, 'rows' | 'differing'>;
  readonly damage?: string;
}): string {
  if (damage !== undefined) return `not compared: ${damage}`;
  if (!compared) return 'there was no view of this version to compare it with';
  const { rows, differing } = compared;
  return differing === 0 ? `${rows} rows, all alike` : `${rows} rows, ${differing} differ`;
}

function rowLines({ rows, compared }: Verified): string[] {
  const lines = rows.flatMap(({ table, key, live, rebuilt, events, makers }) => [
    `  ${table} ${exactText(key)}`,
    `    live    ${live ? exactText(live) : 'has no such row'}`,
    `    rebuilt ${rebuilt ? exactText(rebuilt) : 'has no such row'}`,
    ...makers.map(
      ({ position, type, stream, revision }) =>
        `    made by ${type} at position ${position} (${stream}, revision ${revision})`,
    ),
    ...(events > makers.length ? [`    and by ${events - makers.length} more events`] : []),
  ]);
  const more = (compared?.differing ?? 0) - rows.length;
  return more > 0 ? [...lines, `  and ${more} more rows`] : lines;
}
