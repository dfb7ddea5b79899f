import { Readable } from 'node:stream';
import { Command, Option } from 'commander';
import { beancount, csv, hledger, leftOutText } from '../accounting/journal-export.js';
import { exported, type ExportFormat, ndjson } from '../audit/export.js';
import type { Until } from '../audit/until.js';
import { settingsOfProcess } from '../config.js';
import type { EventStore, StoredEvent } from '../event-store/event-store.js';
import { openEventStoreReader } from '../event-store/open-event-store.js';
import { booksProjection } from '../projections/books.projection.js';
import { skipsOf } from '../projections/skips.js';
import { logProgress } from './log-progress.js';
import { writeOut, writeThrough } from './out-file.js';
import { standardOutput } from './standard-output.js';
import { untilInterrupted } from './tool.js';
import { untilOption } from './until-option.js';

/** What the verb writes, each from its own module. */
const FORMATS = { ndjson, csv, hledger, beancount } satisfies Record<string, ExportFormat>;

interface ExportOptions {
  readonly format: keyof typeof FORMATS;
  readonly out?: string;
  readonly until?: Until;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  return new Command('export')
    .description('writes the log, or what follows from it, to standard output or a file')
    .addOption(
      new Option('--format <format>', 'of what is written')
        .choices(Object.keys(FORMATS))
        .default('ndjson'),
    )
    .option('--out <file>', 'write to this file, which appears when it is whole, or to this pipe')
    .addOption(untilOption('only what had occurred by then'))
    .option('--json', 'show progress as lines of JSON')
    .action(run);
}

async function run({ format, out, until, json }: ExportOptions): Promise<void> {
  const settings = settingsOfProcess();
  const store = await openEventStoreReader(settings.EVENT_STORE_URL);
  const progress = await logProgress('export', store, settings, json);
  try {
    const pages = exported(store, until, (events) => {
      progress.at(events);
    });
    const made = format === 'ndjson' ? ndjson(pages) : await ofBooks(store, FORMATS[format], pages);
    const text = Readable.from(made, { objectMode: false });
    await untilInterrupted((signal) =>
      out === undefined
        ? writeThrough(text, standardOutput(), signal, false)
        : writeOut(text, out, signal),
    );
  } finally {
    progress.end();
    await store.close();
  }
}

/** Without what the view of the books leaves out, which is told. */
async function ofBooks(
  store: EventStore,
  format: ExportFormat,
  pages: AsyncIterable<readonly StoredEvent[]>,
): Promise<AsyncIterable<string>> {
  const skipped = await skipsOf(store, booksProjection.name);
  return format(telling(pages, skipped), skipped);
}

async function* telling(
  pages: AsyncIterable<readonly StoredEvent[]>,
  skipped: ReadonlySet<string>,
): AsyncGenerator<readonly StoredEvent[]> {
  for await (const page of pages) {
    for (const event of page) if (skipped.has(event.id)) console.error(leftOutText(event));
    yield page;
  }
}
