import type { Position } from '../event-store/event-store.js';
import { canonicalJson } from '../ledger/canonical-json.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { Actor } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import { eventId } from '../ledger/event-id.js';
import { ifFirst } from '../ledger/if-first.js';
import type { Journal } from '../ledger/journal.js';
import { businessDay } from '../merchants/domain/business-day.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';
import type { FailureEvent, FailureReport } from './domain/failure.events.js';

export interface ReportedFailure {
  readonly failureId: string;
  readonly position: Position;
}

/** Takes down what went wrong on the terminals' own side [S0, S1]. */
export class FailuresCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly clock: Clock,
  ) {}

  /** A report is named by what it says: word for word again it is the same one. @throws StoreUnavailableError */
  async report(report: FailureReport, by: Actor): Promise<Outcome<ReportedFailure>> {
    const { merchantId, terminalId } = report;
    const merchant = (await this.directory.find(merchantId, terminalId))?.merchant;
    if (!merchant) return notRecorded(requestRefusals.unknownMerchant());
    const terminal = merchant.terminals.get(terminalId);
    if (!terminal) return notRecorded(requestRefusals.unknownTerminal());
    const failureId = eventId(`failure ${canonicalJson(report)}`);
    const now = this.clock.now();
    const { date: businessDate } = businessDay(now, merchant.settings);
    const { storeId } = terminal;
    const event: FailureEvent = {
      type: 'FailureReported',
      data: { ...report, failureId, storeId, businessDate, occurredAt: timeText(now) },
    };
    const stream = streams.failure(failureId);
    const origin = { request: failureId, by };
    const appended = await ifFirst(this.journal.append(stream, 'no-stream', [event], origin));
    if (appended) {
      const { position, repeated } = appended;
      return { answer: { failureId, position }, replayed: repeated };
    }
    const [first] = await this.journal.read(stream);
    return { answer: { failureId, position: first?.position as Position }, replayed: true };
  }
}
