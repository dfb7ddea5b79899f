// Measures the service as it is built: `npm run bench -- --help`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { benchEventStore } from './event-store.bench.js';
import { benchBooks } from './books.bench.js';
import { benchDayClose } from './day-close.bench.js';
import { benchImport } from './import.bench.js';
import { benchRebuild } from './rebuild.bench.js';
import { benchSales } from './sales.bench.js';
import { benchTrail } from './trail.bench.js';
import { benchVerify } from './verify.bench.js';

const PARTS = {
  sales: benchSales,
  'day-close': benchDayClose,
  import: benchImport,
  'event-store': benchEventStore,
  books: benchBooks,
  verify: benchVerify,
  trail: benchTrail,
  rebuild: benchRebuild,
};

/** What runs on each store, unless it is said. */
const PARTS_ON = {
  embedded: ['sales', 'day-close', 'import', 'books', 'verify', 'trail', 'rebuild'],
  kurrentdb: ['event-store'],
};

/** What is to be reached, by the name of the figure. */
const TARGETS = {
  salesToBareNest: { atLeast: 0.6 },
  salesAtMillionToEmpty: { atLeast: 0.9 },
  keyedSalesToBareNest: { atLeast: 0.5 },
  bulkSalesPerSecond: { atLeast: 20_000 },
  bulkToSingle: { atLeast: 3 },
  settledPerSecond: { atLeast: 10_000 },
  importSeconds: { atMost: 15 },
  balancesOfManyToFew: { atMost: 1.5 },
  statementOfManyToFew: { atMost: 1.5 },
  balancesAsOfToNow: { atMost: 3 },
  verifyToScan: { atLeast: 0.3 },
  appendsWithTrailToWithout: { atLeast: 0.95 },
  rebuildToPlainLoop: { atLeast: 0.7 },
  rebuildMemoryOfTenTimes: { atMost: 1.2 },
  salesDuringRebuildToAlone: { atLeast: 0.7 },
  salesToRawAt64: { atLeast: 0.6 },
  salesToRawAt256: { atLeast: 0.6 },
  catchUpToRead: { atLeast: 0.7 },
  rebuildToRead: { atLeast: 0.7 },
};

const whole = (text) => Number.parseInt(text, 10);

const program = new Command('bench')
  .description('measures the service over HTTP; trust the ratios, which are of one run')
  .option('--rounds <n>', 'rounds, of which the median counts', whole, 5)
  .option('--requests <n>', 'requests of each load', whole, 19_200)
  .option('--sales <n>', 'sales in the long log', whole, 1_000_000)
  .option('--closing <n>', 'sales of the day-close', whole, 100_000)
  .option('--movements <n>', 'movements of the merchant with many', whole, 1_000_000)
  .option(
    '--events <n>',
    'events of the log that is checked and rebuilt; of a rebuild’s memory, half of it and five times it',
    whole,
    1_000_000,
  )
  .option('--trade <file>', 'recorded trade', '../shared/data/online-retail-invoices.csv')
  .option('--json <file>', 'write the figures to a file, too')
  .addOption(
    new Option('--store <name>', 'the event store')
      .choices(Object.keys(PARTS_ON))
      .default('embedded'),
  )
  .addOption(
    new Option('--only <parts...>', 'parts to run, of those for the store').choices(
      Object.keys(PARTS),
    ),
  )
  .parse();
const { json, only, ...options } = program.opts();
const parts = only ?? PARTS_ON[options.store];

const folder = mkdtempSync(join(tmpdir(), 'tillbook-bench-'));
const bench = {
  ...options,
  newFolder: () => mkdtempSync(join(folder, 'data-')),
  /** Folders that are not needed to the end: some are large. */
  remove: (...folders) => {
    for (const each of folders) rmSync(each, { recursive: true });
  },
  say: (line) => process.stderr.write(`${line}\n`),
};
// However it ends, also by Ctrl-C: nothing stays behind.
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const figures = { measuredAt: new Date().toISOString(), cores: cpus().length };
for (const part of parts) Object.assign(figures, await PARTS[part](bench));
print(figures);
if (json !== undefined) writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);

function print(figures) {
  for (const [name, value] of Object.entries(figures)) {
    const shown = typeof value === 'object' ? `p50 ${value.p50}, p99 ${value.p99}` : value;
    console.log(`${name.padEnd(28)} ${String(shown).padEnd(24)} ${verdict(name, value)}`.trimEnd());
  }
}

function verdict(name, value) {
  const { atLeast, atMost } = TARGETS[name] ?? {};
  if (atLeast !== undefined) return `to reach ${atLeast}: ${value >= atLeast ? 'yes' : 'no'}`;
  if (atMost !== undefined) return `at most ${atMost}: ${value <= atMost ? 'yes' : 'no'}`;
  return '';
}
