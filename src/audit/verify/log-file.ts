import type { CheckedPage } from '../../event-store/checked-page.js';
import type { Position } from '../../event-store/event-store.js';
import { LogLineError, parseLogLine } from '../domain/log-line.js';

/** Lines of one page. */
const PAGE = 1_000;

/** An exported log, line by line. What is no event of the ledger is a fault, and left out; so is a file without a line. */
export async function* exportedPages(lines: AsyncIterable<string>): AsyncGenerator<CheckedPage> {
  let page = empty();
  let number = 0;
  for await (const line of lines) {
    number += 1;
    try {
      const event = parseLogLine(line);
      page.events.push({ ...event, position: event.position as Position });
    } catch (error) {
      if (!(error instanceof LogLineError)) throw error;
      page.faults.push({ code: 'line', detail: `line ${number}: ${error.message}` });
    }
    if (page.events.length + page.faults.length < PAGE) continue;
    yield page;
    page = empty();
  }
  if (number === 0) page.faults.push({ code: 'missing', detail: 'the file is empty' });
  yield page;
}

function empty() {
  return {
    events: [] as CheckedPage['events'][number][],
    faults: [] as CheckedPage['faults'][number][],
  };
}
