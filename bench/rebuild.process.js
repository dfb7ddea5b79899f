// Builds every view from a log, as `ledger rebuild` does, or writes the very same rows by a plain loop.
import { logPages } from '../dist/event-store/log-pages.js';
import { openEventStoreReader } from '../dist/event-store/open-event-store.js';
import { ALL_PROJECTIONS } from '../dist/projections/all-projections.js';
import { buildInThreads } from '../dist/projections/rebuild/rebuild-thread.js';
import { rebuildOffline } from '../dist/projections/rebuild/offline.js';
import { openToRead, viewFile, ViewFile } from '../dist/projections/view-file.js';
import { answering } from './answering.js';
import { Stopwatch, timed } from './timed.js';

const WORK = { rebuild, plain };

/** Rows of one commit. */
const SLICE = 4_000;

answering(({ does, ...job }) => WORK[does](job));

async function rebuild({ eventStoreUrl, viewsDir }) {
  const { signal } = new AbortController();
  const build = buildInThreads(eventStoreUrl, false);
  let count = 0;
  const figures = await timed(async () => {
    await rebuildOffline(ALL_PROJECTIONS, viewsDir, build, signal, (events) => (count = events));
    return count;
  });
  return { ...figures, peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1_024) };
}

/**
 * `built`: where the finished views are that the rows are taken from. Looking them up there is not timed. All indexes are
 * there from the first row on.
 */
async function plain({ eventStoreUrl, viewsDir, built }) {
  const watch = new Stopwatch();
  const store = await openEventStoreReader(eventStoreUrl);
  let count = 0;
  await watch.time(async () => {
    for await (const page of logPages(store)) {
      for (const { data, metadata } of page) {
        JSON.parse(data);
        JSON.parse(metadata);
        count += 1;
      }
    }
  });
  await store.close();
  for (const projection of ALL_PROJECTIONS) copy(projection, { viewsDir, built, watch });
  return watch.figures(count);
}

function copy(projection, { viewsDir, built, watch }) {
  const finished = openToRead(viewFile(built, projection.name, 1));
  const { tables, indexes = '' } = projection;
  const file = ViewFile.begin(viewsDir, projection, 1, 'candidate');
  file.database.exec(indexes);
  for (const table of Object.keys(tables)) {
    const columns = finished.prepare('SELECT name, pk FROM pragma_table_info(?)').all(table);
    const names = columns.map(({ name }) => name);
    const put = file.database.prepare(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    );
    const putAll = file.database.transaction((rows) => {
      for (const row of rows) put.run(row);
    });
    for (const rows of slices(finished, table, columns)) watch.timeSync(() => putAll(rows));
  }
  watch.timeSync(() => file.finish());
  finished.close();
}

/** In the order of the log, where rows have a place in it. */
function* slices(finished, table, columns) {
  const names = columns.map(({ name }) => name).join(', ');
  const key = columns.filter(({ pk }) => pk > 0).map(({ name }) => name);
  const order = columns.some(({ name }) => name === 'position') ? 'position' : key.join(', ');
  const all = finished
    .prepare(`SELECT ${names} FROM ${table} ORDER BY ${order}`)
    .raw()
    .safeIntegers();
  let slice = [];
  for (const row of all.iterate()) {
    if (slice.push(row) < SLICE) continue;
    yield slice;
    slice = [];
  }
  yield slice;
}
