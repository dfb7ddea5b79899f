import { createReadStream } from 'node:fs';
import type { CheckedPage } from '../../event-store/checked-page.js';
import { openCheckedLog } from '../../event-store/open-event-store.js';
import { lines } from '../lines.js';
import { exportedPages } from './log-file.js';

/** Where a log is: in a store, or in a file as `ledger export` writes it. */
export type LogSource = { readonly eventStoreUrl: string } | { readonly file: string };

/** A log that is being read. */
export interface OpenLog {
  readonly pages: AsyncIterable<CheckedPage>;
  /** How far: events of a store, bytes of a file. */
  done(): number;
}

/** `mode`: whether a store checks what it can in a thread of its own, or last. */
export function openLog(source: LogSource, mode: 'thread' | 'inline'): OpenLog {
  if ('file' in source) {
    const input = createReadStream(source.file, 'utf8');
    return { pages: exportedPages(lines(input)), done: () => input.bytesRead };
  }
  let events = 0;
  const pages = async function* (): AsyncGenerator<CheckedPage> {
    for await (const page of openCheckedLog(source.eventStoreUrl, mode)) {
      events += page.events.length;
      yield page;
    }
  };
  return { pages: pages(), done: () => events };
}
