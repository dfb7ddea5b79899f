// Builds every view from a log, as `ledger rebuild` does, or writes the very same rows by a plain loop.
import { openEventStoreReader } from '../dist/event-store/open-event-store.js';
import { ALL_PROJECTIONS } from '../dist/projections/all-projections.js';
import { columnsOf, Comparison } from '../dist/projections/rebuild/comparison.js';
import { buildInThreads } from '../dist/projections/rebuild/rebuild-thread.js';
import { rebuildOffline } from '../dist/projections/rebuild/offline.js';
import { openToRead, viewFile, ViewFile } from '../dist/projections/view-file.js';
import { answering } from './answering.js';
import { captureWrites, CapturedWrites } from './captured-writes.js';
import { Stopwatch, timed } from './timed.js';

const WORK = { rebuild, capture, plain, once, compare };

/** Rows of one commit. */
const SLICE = 4_000;

/** Views of what events say; the other, of their bytes, is the trail. */
const OF_FACTS = ALL_PROJECTIONS.filter((projection) => 'open' in projection);
const OF_BYTES = ALL_PROJECTIONS.filter((projection) => 'openOnBytes' in projection);

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

/** Takes down what each event makes the views write, for `plain`. */
async function capture({ eventStoreUrl, captured, viewsDir }) {
  const store = await openEventStoreReader(eventStoreUrl);
  await captureWrites(OF_FACTS, store.pages(), captured, viewsDir);
  await store.close();
}

/**
 * Event after event is read and parsed, and writes what it writes, known beforehand. Tiles of the trail, of which an event
 * changes some bytes, are written once. `built`: where the finished views are.
 */
async function plain({ eventStoreUrl, captured, viewsDir, built }) {
  const watch = new Stopwatch();
  const store = await openEventStoreReader(eventStoreUrl);
  const files = OF_FACTS.map((projection) => ViewFile.begin(viewsDir, projection, 1, 'candidate'));
  const writes = new CapturedWrites(captured, files);
  const pages = store.pages();
  let count = 0;
  for (;;) {
    const { value: page } = await watch.time(() => pages.next());
    if (!page) break;
    const ofPage = writes.of(page);
    watch.timeSync(() => {
      parse(page);
      for (const write of ofPage) write();
    });
    count += page.length;
  }
  watch.timeSync(() => {
    for (const [index, file] of files.entries()) {
      file.database.exec(OF_FACTS[index].indexes ?? '');
      file.finish();
    }
  });
  writes.close();
  await store.close();
  for (const projection of OF_BYTES) copy(projection, { viewsDir, built, watch });
  return watch.figures(count);
}

/** The log is read and parsed, and each row that the views have at the end is written once. */
async function once({ eventStoreUrl, viewsDir, built }) {
  const watch = new Stopwatch();
  const store = await openEventStoreReader(eventStoreUrl);
  let count = 0;
  await watch.time(async () => {
    for await (const page of store.pages()) {
      parse(page);
      count += page.length;
    }
  });
  await store.close();
  for (const projection of ALL_PROJECTIONS) copy(projection, { viewsDir, built, watch });
  return watch.figures(count);
}

function parse(page) {
  for (const { data, metadata } of page) {
    JSON.parse(data);
    JSON.parse(metadata);
  }
}

/** @throws Error unless views in two folders have the same rows */
async function compare({ viewsDir, built }) {
  for (const projection of ALL_PROJECTIONS) {
    const [one, other] = [viewsDir, built].map((folder) => viewFile(folder, projection.name, 1));
    const comparison = new Comparison(one, other, projection);
    const { differing } = await comparison.run(new AbortController().signal);
    comparison.close();
    if (differing > 0) throw new Error(`${differing} rows of view ${projection.name} differ`);
  }
}

/** All indexes are there from the first row on. */
function copy(projection, { viewsDir, built, watch }) {
  const finished = openToRead(viewFile(built, projection.name, 1));
  const { tables, indexes = '' } = projection;
  const file = ViewFile.begin(viewsDir, projection, 1, 'candidate');
  file.database.exec(indexes);
  for (const table of Object.keys(tables)) {
    const columns = columnsOf(finished, table);
    const { all } = columns;
    const put = file.database.prepare(
      `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})`,
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
function* slices(finished, table, { all, key }) {
  const order = all.includes('position') ? 'position' : key.join(', ');
  const rows = finished
    .prepare(`SELECT ${all.join(', ')} FROM ${table} ORDER BY ${order}`)
    .raw()
    .safeIntegers();
  let slice = [];
  for (const row of rows.iterate()) {
    if (slice.push(row) < SLICE) continue;
    yield slice;
    slice = [];
  }
  yield slice;
}
