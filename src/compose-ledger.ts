import { Keyring } from './access/keyring.js';
import { KeysCommandHandler } from './access/keys.command-handler.js';
import { WriteOffsCommandHandler } from './accounting/write-offs.command-handler.js';
import { AcquirerCommandHandler } from './acquirer/acquirer.command-handler.js';
import { AppealsCommandHandler } from './appeals/appeals.command-handler.js';
import { ApprovalsCommandHandler } from './approvals/approvals.command-handler.js';
import { BatchCloser } from './batches/batch-closer.js';
import { BatchesCommandHandler } from './batches/batches.command-handler.js';
import { OpenBatches } from './batches/open-batches.js';
import { CardsCommandHandler } from './cards/cards.command-handler.js';
import { ChargebacksCommandHandler } from './chargebacks/chargebacks.command-handler.js';
import type { EventStore } from './event-store/event-store.js';
import type { Clock } from './ledger/clock.js';
import { DueWork } from './ledger/due-work.js';
import { Journal } from './ledger/journal.js';
import { News } from './ledger/news.js';
import { MerchantDirectory } from './merchants/merchant-directory.js';
import { MerchantsCommandHandler } from './merchants/merchants.command-handler.js';
import { Supervisors } from './merchants/supervisors.js';
import type { Payer } from './payouts/payout-file.js';
import { PayoutFiles } from './payouts/payout-files.js';
import { PayoutsCommandHandler } from './payouts/payouts.command-handler.js';
import type { Views } from './projections/views.js';
import { DaySums } from './sales/day-sums.js';
import { GiveBackCommandHandler } from './sales/give-back.command-handler.js';
import { NamedRequests } from './sales/named-requests.js';
import { Questions } from './sales/questions.js';
import { FailuresCommandHandler } from './refusals/failures.command-handler.js';
import { RecentSwipes } from './sales/recent-swipes.js';
import { RequestQueries } from './sales/request.queries.js';
import { RequestSweep } from './sales/request-sweep.js';
import { SkipCommandHandler } from './projections/skip.command-handler.js';
import { SaleQueries } from './sales/sale.queries.js';
import { SalesCommandHandler } from './sales/sales.command-handler.js';
import { SettleCommandHandler } from './sales/settle.command-handler.js';
import { TimeoutReversalCommandHandler } from './sales/timeout-reversal.command-handler.js';

/** Everything that decides and answers, built on one store, its views and a clock. */
export type Ledger = ReturnType<typeof composeLedger>;

export interface LedgerParts {
  readonly store: EventStore;
  readonly views: Views;
  readonly clock: Clock;
  /** Whom payout files name as who pays. */
  readonly payer?: Payer | undefined;
  /** Is told how long each append to the log took. */
  readonly appended?: ConstructorParameters<typeof Journal>[1];
}

/** The service, the command line and the tests all run on what this builds. */
export function composeLedger({ store, views, clock, payer, appended }: LedgerParts) {
  const journal = new Journal(store, appended);
  const news = new News(store);
  const directory = new MerchantDirectory(journal, news);
  const open = new OpenBatches(journal, views, directory, news);
  const keyring = new Keyring(journal, news);
  const closer = new BatchCloser(journal, directory, open, views, clock);
  const merchants = new MerchantsCommandHandler(journal, directory, clock);
  const supervisors = new Supervisors(merchants);
  const requests = new NamedRequests(journal, directory, clock);
  const daySums = new DaySums(journal, views, news);
  const swipes = new RecentSwipes(views, news);
  const questions = new Questions(journal, open, views, daySums);
  const giveBacks = new GiveBackCommandHandler(journal, requests, open, questions, supervisors);
  const timeoutReversals = new TimeoutReversalCommandHandler(journal, requests, open, daySums);
  const approvals = new ApprovalsCommandHandler(journal, directory, open, questions, views, clock);
  const batches = new BatchesCommandHandler(
    journal,
    directory,
    open,
    closer,
    views,
    clock,
    approvals,
  );
  const requestQueries = new RequestQueries(journal);
  const sweep = new RequestSweep(journal, views, giveBacks, timeoutReversals);
  const payouts = new PayoutsCommandHandler(journal, directory, views, clock);
  return {
    merchants,
    cards: new CardsCommandHandler(journal, clock),
    sales: new SalesCommandHandler(journal, directory, open, daySums, swipes, clock),
    giveBacks,
    approvals,
    failures: new FailuresCommandHandler(journal, directory, clock),
    timeoutReversals,
    settlements: new SettleCommandHandler(journal, directory, open, clock),
    batches,
    saleQueries: new SaleQueries(journal, views, daySums, clock, directory),
    /** What other nodes write, for what is kept in memory here. */
    news,
    keys: new KeysCommandHandler(journal, keyring, directory, clock),
    keyring,
    requestQueries,
    appeals: new AppealsCommandHandler(journal, requestQueries, clock),
    payouts,
    payoutFiles: new PayoutFiles(directory, views, clock, payer),
    chargebacks: new ChargebacksCommandHandler(journal, directory, clock),
    writeOffs: new WriteOffsCommandHandler(journal, directory, views, clock),
    acquirer: new AcquirerCommandHandler(journal, directory, clock),
    /** What the ledger does by itself. */
    dueWork: new DueWork([
      () => batches.askAgain(),
      () => sweep.run(),
      (pace) => approvals.endDue(pace),
      () => batches.closeDue(),
      (pace) => payouts.runDue(pace),
    ]),
    skips: new SkipCommandHandler(journal, views, clock),
  };
}
