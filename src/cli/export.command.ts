import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { beancount, csv, hledger } from '../accounting/journal-export.js';
import { exported, type ExportFormat, ndjson } from '../audit/export.js';
import { parseUntil, type Until } from '../audit/until.js';
import { settingsOfProcess } from '../config.js';
import { openEventStoreReader } from '../event-store/open-event-store.js';
import { logProgress } from './log-progress.js';
import { untilInterrupted } from './tool.js';

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
    .option('--out <file>', 'write to this file; it appears when it is whole')
    .option('--until <time or position>', 'only what had occurred by then', until)
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
    const text = Readable.from(FORMATS[format](pages), { objectMode: false });
    await untilInterrupted((signal) =>
      out === undefined ? toOutput(text, signal) : toFile(text, out, signal),
    );
  } finally {
    progress.end();
    await store.close();
  }
}

/** Whoever reads it may have had enough before its end. */
async function toOutput(text: Readable, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(text, process.stdout, { end: false, signal });
  } catch (error) {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

async function toFile(text: Readable, file: string, signal: AbortSignal): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(text, createWriteStream(part), { signal });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    signal.throwIfAborted();
    throw error;
  }
}

/** A position or a time, as an option gives it. */
export function until(text: string): Until {
  const parsed = parseUntil(text);
  if (parsed) return parsed;
  throw new InvalidArgumentError('a position, or a time in RFC 3339 with its zone');
}
