import type { ApprovalsCommandHandler } from '../approvals/approvals.command-handler.js';
import { ConflictError, StoreUnavailableError, TooLargeError } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import {
  type Actor,
  type EventData,
  type RecordedEvent,
  THE_LEDGER,
} from '../ledger/domain/ledger-event.js';
import { batchName, streams } from '../ledger/domain/request-name.js';
import { inTurn, sideBySide } from '../ledger/all-of.js';
import { decidedAnew } from '../ledger/decided-anew.js';
import type { Journal } from '../ledger/journal.js';
import { type BusinessDay, businessDay } from '../merchants/domain/business-day.js';
import type { Merchant, Terminal } from '../merchants/domain/merchant.js';
import { terminalsOfStore } from '../merchants/domain/store.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import { isForLater, type Views } from '../projections/views.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import { notRecorded, type Done, type Outcome, type Rejected } from '../sales/sales.commands.js';
import type { Batch, BatchIdentity } from './batch.js';
import {
  answerWith,
  type BatchState,
  closedAnswer,
  closeRequest,
  comparedAnswer,
} from './batch.answer.js';
import { itemsOf } from './batch-items.js';
import type { BatchCloser } from './batch-closer.js';
import type { BatchEvent } from './domain/batch.events.js';
import { closeTerms } from './domain/close-terms.js';
import { reconcile, type TerminalSide } from './domain/reconcile.js';
import type { OpenBatches } from './open-batches.js';
import { sentOf } from './sent.js';

/** How long a caller waits for its batch to be closed before it is told that it is closing. */
const PATIENCE_MS = 10_000;

/** Batches that are closed side by side. */
const AT_ONCE = 128;

type ClosedFor = EventData<'BatchCloseRequested'>['requestedBy'];

/** A close as it was asked for. */
interface CloseRequest {
  readonly requestedBy: ClosedFor;
  readonly terminal: TerminalSide;
  readonly by: Actor;
}

/** Closes batches: alone, by day-close of a store or a merchant, and by the ledger itself at the cut-off. */
export class BatchesCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly batches: OpenBatches,
    private readonly closer: BatchCloser,
    private readonly views: Views,
    private readonly clock: Clock,
    private readonly approvals: Pick<ApprovalsCommandHandler, 'endDue'>,
  ) {}

  /** Closes one batch, or says how it was closed. `terminal` is the terminal's own side of it, if sent. */
  async close(
    identity: BatchIdentity,
    terminal: TerminalSide,
    by: Actor,
  ): Promise<Outcome<BatchState>> {
    const unknown = await this.unknown(identity);
    if (unknown) return unknown;
    const batch = await this.batches.find(identity);
    const closed = await this.closeBatch(batch, { requestedBy: 'terminal', terminal, by });
    if (!closed.replayed) await this.endWaiting();
    return closed;
  }

  /** Closes every open batch of the merchant, or of one of its stores; undefined where it has no such store. */
  async dayClose(
    merchantId: string,
    storeId: string | undefined,
    by: Actor,
  ): Promise<Outcome<{ batches: BatchState[] }> | undefined> {
    await this.batches.restore();
    const open = this.batches.all().filter((batch) => batch.merchantId === merchantId);
    const merchant = await this.merchantOf(open, merchantId);
    if (!merchant) return notRecorded(requestRefusals.unknownMerchant());
    if (storeId !== undefined && !terminalsOfStore(merchant, storeId)) return undefined;
    const closing = open.filter(
      (batch) => !storeId || terminalOf(batch, merchant).storeId === storeId,
    );
    const requestedBy = storeId === undefined ? 'merchant' : 'store';
    const batches = await this.closeAll(closing, { requestedBy, terminal: {}, by });
    await this.endWaiting();
    return { answer: { batches }, replayed: false };
  }

  /** With the terminal of each of its batches: another node may have assigned one a moment ago. */
  private async merchantOf(
    open: readonly Batch[],
    merchantId: string,
  ): Promise<Merchant | undefined> {
    const held = (await this.directory.find(merchantId))?.merchant;
    const isKnown = open.every(({ terminalId }) => held?.terminals.has(terminalId));
    return isKnown ? held : (await this.directory.reload(merchantId))?.merchant;
  }

  /** Shuts all of them before the first is settled; what is not closed soon is told of as it stands. */
  private async closeAll(all: readonly Batch[], request: CloseRequest): Promise<BatchState[]> {
    await inGroupsOfMany(all, (batch) => this.requestClose(batch, request));
    await soon(inGroupsOfMany(all, (batch) => this.closer.finish(batch)));
    const answers = new Map<Batch, BatchState>();
    await inGroupsOfMany(all, async (batch) => {
      answers.set(batch, await this.answerOf(batch));
    });
    return all.flatMap((batch) => answers.get(batch) ?? []);
  }

  /** What waited for an approval in a batch ends with it. Where that can't be done now, it is soon done as due work. */
  private async endWaiting(): Promise<void> {
    await this.approvals.endDue('awaited').catch(() => undefined);
  }

  /** Asks again for closes of which nobody can tell whether they are in the log: what is about their sales waits for that. */
  async askAgain(): Promise<void> {
    const isUnsettled = ({ status, closeRequest }: Batch) => status === 'closing' && !closeRequest;
    const unsettled = this.batches.all().filter(isUnsettled);
    await inGroupsOfMany(unsettled, (batch) => this.requestClose(batch, BY_THE_LEDGER));
  }

  /** Closes what is past its cut-off and takes up closes that were left unfinished. */
  async closeDue(): Promise<void> {
    await this.batches.restore();
    const now = this.clock.now();
    const due = this.batches
      .all()
      .filter(({ status, day }) => status === 'closing' || (day && day.endsAt <= now))
      .filter((batch) => batch.isOurs);
    const isOurs = (batch: Batch) => batch.status === 'closing' && batch.isOurs;
    await inTurn([
      () => inGroupsOfMany(due, (batch) => this.requestClose(batch, BY_THE_LEDGER)),
      () => inGroupsOfMany(due.filter(isOurs), (batch) => this.closer.finish(batch)),
    ]);
  }

  /** The batch as it is now; undefined when no request of it was ever recorded. */
  async batch(identity: BatchIdentity): Promise<BatchState | undefined> {
    await this.batches.restore();
    const name = batchName(identity);
    const held = this.batches.known(name);
    if (held && held.status !== 'new' && held.status !== 'closed') return this.answerOf(held);
    return closedAnswer(await this.journal.read(streams.batch(name)));
  }

  /** Why there can be no such batch: its merchant or its terminal is not known. */
  async unknown({ merchantId, terminalId }: BatchIdentity): Promise<Rejected | undefined> {
    const merchant = (await this.directory.find(merchantId, terminalId))?.merchant;
    if (!merchant) return notRecorded(requestRefusals.unknownMerchant());
    if (merchant.terminals.has(terminalId)) return undefined;
    return notRecorded(requestRefusals.unknownTerminal());
  }

  private async closeBatch(batch: Batch, request: CloseRequest): Promise<Done<BatchState>> {
    const replayed = batch.status === 'closed';
    if (!replayed) {
      await this.requestClose(batch, request);
      await soon(this.closer.finish(batch));
    }
    return decidedAnew(async () => {
      const events = await this.journal.read(streams.batch(batch.name));
      const closed = closedAnswer(events);
      if (!closed) return { answer: await this.liveAnswer(batch), replayed };
      const { totals, items } = request.terminal;
      const answer = totals || items ? comparedAnswer(events, request.terminal) : closed;
      if (answer) return { answer, replayed };
      return { answer: await this.reconcileLate(events, closed, request), replayed: false };
    });
  }

  private async answerOf(batch: Batch): Promise<BatchState> {
    const closed = closedAnswer(await this.journal.read(streams.batch(batch.name)));
    return closed ?? this.liveAnswer(batch);
  }

  /**
   * Once for each batch, whoever asks. When it can't be known whether the fact was written, nothing more is let in,
   * and whoever asks next writes it again.
   */
  private requestClose(batch: Batch, request: CloseRequest): Promise<void> {
    batch.closeRequest ??= this.writeRequest(batch, request).catch((error: unknown) => {
      batch.closeRequest = undefined;
      throw error;
    });
    return batch.closeRequest;
  }

  /** Shuts the batch and queues the fact in one turn: what the log has behind it is not of the batch. */
  private async writeRequest(batch: Batch, request: CloseRequest): Promise<void> {
    const { merchantId, terminalId } = batch;
    const merchant = (await this.directory.find(merchantId, terminalId))?.merchant;
    if (!merchant)
      throw new Error(`batch ${batch.name} is of a merchant that was never registered`);
    const now = this.clock.now();
    batch.day ??= businessDay(now, merchant.settings);
    const event = closeRequested(batch, batch.day, request, merchant, now);
    const isRepeat = batch.status === 'closing';
    batch.status = 'closing';
    const origin = { request: batch.name, by: request.by };
    try {
      await this.journal.append(streams.batch(batch.name), 'no-stream', [event], origin);
    } catch (error) {
      if (error instanceof ConflictError) {
        batch.closingElsewhere();
        return;
      }
      // One that was asked for before may be in the log, whatever became of this.
      if (isNotDone(error) && !isRepeat) batch.reopen();
      throw error;
    }
  }

  private async liveAnswer(batch: Batch): Promise<BatchState> {
    const head = await this.journal.head();
    await this.views.waitFor(head, ['batches']);
    const { merchantId, terminalId, batchNo, name, day } = batch;
    // Another node may have begun to close it, and this one not have heard of that.
    const isRequested = closeRequest(await this.journal.read(streams.batch(name))) !== undefined;
    const isOpen = !isRequested && (batch.status === 'open' || batch.status === 'new');
    const seen = this.views.batches;
    return {
      merchantId,
      terminalId,
      batchNo,
      // One that has closed since its events were read is told so when it is asked for again.
      status: isOpen ? 'open' : 'closing',
      businessDate: day?.date ?? '',
      ...seen.currency(name),
      totals: seen.totals(name),
      settled: seen.settledSums(name),
      reconciliation: 'not-sent',
      position: head,
    };
  }

  /**
   * Totals or items that come after the close, or other ones than were compared then: what was closed stays as it is, and
   * how they compare with it is written down. @throws ConflictError where others came meanwhile
   */
  private async reconcileLate(
    events: readonly RecordedEvent[],
    closed: BatchState,
    { terminal, by }: CloseRequest,
  ): Promise<BatchState> {
    const { views, journal } = this;
    const { merchantId, terminalId, batchNo, businessDate, totals } = closed;
    const name = batchName(closed);
    await views.waitFor(closed.position, ['batches', 'sales']);
    const items = terminal.items ? await itemsOf(name, events, { views, journal }) : [];
    const found = reconcile(terminal, { totals, items });
    const { reconciliation } = found;
    if (reconciliation === 'not-sent') return closed;
    const event: BatchEvent = {
      type: 'BatchReconciled',
      data: {
        merchantId,
        terminalId,
        batchNo,
        businessDate,
        ...sentOf(terminal),
        ...found,
        reconciliation,
        occurredAt: timeText(this.clock.now()),
      },
    };
    const [stream, origin] = [streams.batch(name), { request: name, by }];
    const { position } = await journal.append(stream, events.length - 1, [event], origin);
    return answerWith(events, { found, position }) ?? closed;
  }
}

const BY_THE_LEDGER = { requestedBy: 'ledger', terminal: {}, by: THE_LEDGER } as const;

function closeRequested(
  batch: Batch,
  { date: businessDate }: BusinessDay,
  { requestedBy, terminal }: CloseRequest,
  merchant: Merchant,
  now: number,
): BatchEvent {
  const { merchantId, terminalId, batchNo } = batch;
  return {
    type: 'BatchCloseRequested',
    data: {
      merchantId,
      terminalId,
      batchNo,
      businessDate,
      storeId: terminalOf(batch, merchant).storeId,
      requestedBy,
      ...(terminal.totals && { totals: terminal.totals }),
      ...(terminal.items && { items: terminal.items }),
      terms: closeTerms(merchant.settings, businessDate),
      occurredAt: timeText(now),
    },
  };
}

function isNotDone(error: unknown): boolean {
  if (error instanceof TooLargeError) return true;
  return error instanceof StoreUnavailableError && error.outcome === 'not-done';
}

function terminalOf(batch: Batch, merchant: Merchant): Terminal {
  const terminal = merchant.terminals.get(batch.terminalId);
  if (!terminal) throw new Error(`batch ${batch.name} is of a terminal that was never assigned`);
  return terminal;
}

/** Many side by side, and others have their turn between so many. @throws the first fault */
function inGroupsOfMany(
  batches: readonly Batch[],
  work: (batch: Batch) => Promise<void>,
): Promise<void> {
  return sideBySide(batches, AT_ONCE, work, isForLater);
}

/** Waits for the work, but not for ever: it goes on behind. A fault of it is the scheduler's to meet again. */
async function soon(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  try {
    await Promise.race([work.catch(() => undefined), patience]);
  } finally {
    clearTimeout(timer);
  }
}
