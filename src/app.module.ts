import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { AppealsController } from './appeals/appeals.controller.js';
import { ApprovalsController } from './approvals/approvals.controller.js';
import { BooksController } from './accounting/books.controller.js';
import { callerOf } from './access/caller.js';
import { Gate } from './access/gate.js';
import { KeyRate } from './access/key-rate.js';
import { KeysController } from './access/keys.controller.js';
import { UsedSignatures } from './access/used-signatures.js';
import { SettlementsController } from './accounting/settlements.controller.js';
import { AcquirerController } from './acquirer/acquirer.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditQueries } from './audit/audit.queries.js';
import { HeadSigner } from './audit/head-signer.js';
import { ProofsController } from './audit/proofs.controller.js';
import { keyFileOf, signingKeyOf } from './audit/signing-key-file.js';
import { BatchesController } from './batches/batches.controller.js';
import { BulkController } from './bulk/bulk.controller.js';
import { CardsController } from './cards/cards.controller.js';
import { ChargebacksController } from './chargebacks/chargebacks.controller.js';
import { composeLedger, type Ledger } from './compose-ledger.js';
import type { Settings } from './config.js';
import { EVENT_STORE, type EventStore } from './event-store/event-store.js';
import { openEventStore, type OwnedEventStore } from './event-store/open-event-store.js';
import { HealthController } from './http/health.controller.js';
import { Connections } from './http/connections.js';
import { Metrics } from './http/metrics.js';
import { Readiness } from './http/readiness.js';
import { Streams } from './http/streams.js';
import { SettableClock } from './ledger/clock.js';
import { Journal } from './ledger/journal.js';
import { DueWork } from './ledger/due-work.js';
import { MerchantsController } from './merchants/merchants.controller.js';
import { PayoutsController } from './payouts/payouts.controller.js';
import { ProjectionsController } from './projections/projections.controller.js';
import { isForLater, Views } from './projections/views.js';
import { RefusalsController } from './refusals/refusals.controller.js';
import { RequestsController } from './sales/requests.controller.js';
import { ReceiptsController } from './sales/receipts.controller.js';
import { SalesController } from './sales/sales.controller.js';
import { SalesListController } from './sales/sales-list.controller.js';
import { TimeoutReversalsController } from './sales/timeout-reversals.controller.js';
import { RefusedAttempts } from './sales/refused-attempts.js';
import { TerminalRequests } from './sales/terminal-requests.js';
import { SandboxCommandHandler } from './sandbox/sandbox.command-handler.js';
import { SandboxController } from './sandbox/sandbox.controller.js';

const CONTROLLERS = [
  SalesController,
  ReceiptsController,
  BulkController,
  RequestsController,
  TimeoutReversalsController,
  ApprovalsController,
  AppealsController,
  RefusalsController,
  BatchesController,
  MerchantsController,
  CardsController,
  SalesListController,
  BooksController,
  SettlementsController,
  PayoutsController,
  ChargebacksController,
  AcquirerController,
  ProjectionsController,
  AuditController,
  ProofsController,
  KeysController,
  HealthController,
];

/** How long the ledger's own work may still take once the last request is answered. */
const LAST_WORK_MS = 2_000;

/** A start waits so long for the views. */
const SOON_MS = 2_000;

/** The service: the ledger on its store and views, and the routes to it. */
@Module({})
export class AppModule implements OnApplicationShutdown {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    private readonly views: Views,
    private readonly dueWork: DueWork,
    private readonly signer: HeadSigner,
  ) {}

  /** Opens the store and the views. @throws FolderInUseError, CorruptLogError */
  static async open(settings: Settings): Promise<DynamicModule> {
    const { VIEWS_DIR: viewsDir, EVENT_STORE_URL: eventStoreUrl } = settings;
    const store = await openEventStore(eventStoreUrl, 'thread', viewsDir);
    let views: Views | undefined;
    try {
      views = await Views.open({ viewsDir, eventStoreUrl });
      await letCome(views, store);
      return module(settings, store, views);
    } catch (error) {
      await views?.close();
      await store.close();
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    const ended = Promise.all([this.signer.stop(), this.dueWork.stop()]);
    // What waits for views that are far behind is taken up at the next start.
    const ending = setTimeout(() => {
      this.views.stopWaiting();
    }, LAST_WORK_MS);
    await ended;
    clearTimeout(ending);
    await this.views.close();
    await this.store.close();
  }
}

/** Views that lack little are read from the first request on; others are built while the service does what needs none of them. */
async function letCome(views: Views, store: EventStore): Promise<void> {
  try {
    await views.waitFor(await store.head(), undefined, SOON_MS);
  } catch (error) {
    if (!isForLater(error)) throw error;
  }
}

function module(settings: Settings, store: OwnedEventStore, views: Views): DynamicModule {
  const clock = new SettableClock();
  const metrics = new Metrics(views, store);
  const readiness = new Readiness();
  const appended = (seconds: number, fault: unknown): void => {
    metrics.appended(seconds, fault);
    readiness.appended(fault);
  };
  const ledger = composeLedger({ store, views, clock, payer: payerIn(settings), appended });
  const signer = new HeadSigner(
    views,
    new Journal(store),
    signingKeyOf(keyFileOf(settings)),
    clock,
  );
  const rate = new KeyRate(settings.REQUESTS_PER_KEY);
  const used = new UsedSignatures(new Journal(store), clock);
  const gate = new Gate(ledger.keyring, () => clock.now(), rate, used);
  const isSandbox = settings.SANDBOX === 'on';
  // Each is given to whoever asks for its class.
  const parts = [
    ...Object.values(ledger),
    terminalRequests(settings, ledger),
    views,
    metrics,
    readiness,
    new Connections(),
    gate,
    new Streams((request) => gate.stillAdmits(callerOf(request))),
    signer,
    new AuditQueries(store),
    ...(isSandbox ? [new SandboxCommandHandler(clock, ledger.dueWork)] : []),
  ];
  return {
    module: AppModule,
    controllers: [...CONTROLLERS, ...(isSandbox ? [SandboxController] : [])],
    providers: [
      { provide: EVENT_STORE, useValue: store },
      ...parts.map((part) => ({ provide: part.constructor, useValue: part })),
    ],
  };
}

function payerIn({ PAYER_NAME: name, PAYER_ACCOUNT: account, PAYER_BIC: bic }: Settings) {
  return name === '' ? undefined : { name, account, bic: bic || undefined };
}

function terminalRequests(
  { REFUSED_PER_SALE: perSale, REFUSED_PER_TERMINAL: perTerminal }: Settings,
  { sales, giveBacks, requestQueries }: Ledger,
): TerminalRequests {
  const attempts = new RefusedAttempts({ perSale, perTerminal });
  return new TerminalRequests(sales, giveBacks, attempts, requestQueries);
}
