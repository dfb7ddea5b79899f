import { Command } from 'commander';
import { exported } from '../audit/export.js';
import { KeptBooks } from '../audit/replay/kept-books.js';
import { readable } from '../audit/replay/legible-journal.js';
import { ReplayedLedger } from '../audit/replay/replayed-ledger.js';
import { SaleReplay } from '../audit/replay/sale-replay.js';
import { type Until } from '../audit/until.js';
import { settingsOfProcess } from '../config.js';
import type { EventStore, StoredEvent } from '../event-store/event-store.js';
import { openEventStoreReader } from '../event-store/open-event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import { renderSale, renderVoidability } from '../sales/sales.render.js';
import { logProgress } from './log-progress.js';
import type { Progress } from './progress.js';
import { leftOutText, saleText, show, shownEvent, shownState, shownStep } from './replay.text.js';
import { endWithReader, untilInterrupted } from './tool.js';
import { untilOption } from './until-option.js';

interface ReplayOptions {
  readonly merchant?: string;
  readonly sale?: string;
  readonly until?: Until;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('walks the trail and shows a sale, a merchant or the whole ledger as of then')
    .option('--merchant <id>', 'only this merchant')
    .option('--sale <id>', 'only this sale')
    .addOption(untilOption('as of then; without it as of now'))
    .option('--follow', 'step through the events, with what could be done with the sale after each')
    .option('--json', 'print each step, the state, and progress, as lines of JSON')
    .action(run);
}

async function run(options: ReplayOptions): Promise<void> {
  endWithReader();
  const settings = settingsOfProcess();
  const store = await openEventStoreReader(settings.EVENT_STORE_URL);
  const books = new KeptBooks(settings.VIEWS_DIR);
  try {
    const replay = new SaleReplay(store, books);
    if (options.sale === undefined) {
      const progress = await logProgress('replay', store, settings, options.json);
      await replayLog(store, replay, progress, options);
    } else await replaySale(replay, options.sale, options);
    const isAsked = options.sale !== undefined || options.follow;
    if (isAsked && books.unreadable !== undefined) {
      console.error(`done without what the merchant had: ${books.unreadable}`);
    }
  } finally {
    books.close();
    await store.close();
  }
}

async function replaySale(
  replay: SaleReplay,
  saleId: string,
  { merchant, until, follow, json }: ReplayOptions,
): Promise<void> {
  const sale = await replay.sale(saleId, until);
  if (!sale || (merchant !== undefined && sale.sale.data.merchantId !== merchant)) {
    throw new Error(`there was no sale ${saleId} by then`);
  }
  if (follow) for await (const step of replay.steps(saleId, until)) show(shownStep(step), json);
  const answer = await replay.voidability(saleId, until);
  const voidability = renderVoidability(saleId, answer);
  const { asOf } = answer;
  const leftOut = replay.leftOut(asOf.position);
  const lines = [
    `as of ${asOf.time}`,
    saleText(sale.sale),
    voidability.explanation.en,
    ...leftOut.map(leftOutText),
  ];
  const told = {
    asOf,
    ...(leftOut.length > 0 && { leftOut }),
    sale: renderSale(sale),
    voidability,
  };
  show({ json: told, text: lines.join('\n') }, json);
}

/** Reads the log once. The one who follows is shown each event as it is met. */
async function replayLog(
  store: EventStore,
  replay: SaleReplay,
  progress: Progress,
  { merchant, until, follow, json }: ReplayOptions,
): Promise<void> {
  const ledger = new ReplayedLedger();
  const seen = (events: number): void => {
    progress.at(events);
  };
  try {
    await untilInterrupted(async (signal) => {
      for await (const page of exported(store, until, seen)) {
        if (follow) for (const event of page) await tellEvent(event, replay, merchant, json);
        ledger.take(page);
        await new Promise(setImmediate);
        signal.throwIfAborted();
      }
    });
    const state = shownState(ledger, merchant);
    if (!state) throw new Error(`there was no merchant ${merchant ?? ''} by then`);
    show(state, json);
  } finally {
    progress.end();
    ledger.close();
  }
}

/** An event of the log, and if it is about a sale, what could be done with that then. */
async function tellEvent(
  stored: StoredEvent,
  replay: SaleReplay,
  merchant: string | undefined,
  json: boolean | undefined,
): Promise<void> {
  const event = readable(stored);
  if (!event) {
    const { position, type } = stored;
    show(
      { json: { position, type, isLeftOut: true }, text: `${position} ${type}: can't be read` },
      json,
    );
    return;
  }
  if (merchant !== undefined && !isOf(merchant, event)) return;
  const saleId = saleOf(event);
  const isAlone = saleId === undefined;
  show(isAlone ? shownEvent(event) : shownStep(await replay.step(saleId, event)), json);
}

function isOf(merchantId: string, { event }: RecordedEvent): boolean {
  if (event.type === 'AcquirerPaid')
    return event.data.lines.some((line) => line.merchantId === merchantId);
  return (event.data as { merchantId?: string }).merchantId === merchantId;
}

/** The sale whose stream it stands in. */
function saleOf({ event, stream }: RecordedEvent): string | undefined {
  const { saleId } = event.data as { saleId?: string };
  return saleId !== undefined && stream === streams.request(saleId) ? saleId : undefined;
}
