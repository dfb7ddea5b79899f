import { randomUUID } from 'node:crypto';
import { terminalActor } from '../../src/access/caller.js';
import { composeLedger, type Ledger } from '../../src/compose-ledger.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { SettableClock } from '../../src/ledger/clock.js';
import type { RecordedEvent } from '../../src/ledger/domain/ledger-event.js';
import { STREAM_PREFIXES } from '../../src/ledger/domain/request-name.js';
import { decode } from '../../src/ledger/event-codec.js';
import type { MerchantSettings } from '../../src/merchants/domain/merchant.events.js';
import { Views } from '../../src/projections/views.js';
import type { Outcome } from '../../src/sales/sales.commands.js';
import { SALE_TIME } from './facts.js';
import { inNamespace } from './kurrentdb-namespace.js';
import { send, type Sending } from './requests.js';
import { afterSuite, newFolderInMemory, removeFolder } from './store-folder.js';
import { sharedServer } from './store-settings.js';
import { letTimePass } from './time-passes.js';

/** A log that can be opened again and again, as after a crash. */
export interface TestLog {
  open(): Promise<EventStore>;
  /** Nobody opens it again. */
  remove(): void | Promise<void>;
}

/** An empty log of its own for each call. A store's suites differ in nothing else. */
export type NewLog = () => TestLog;

export const newSqliteLog: NewLog = () => {
  const folder = newFolderInMemory();
  return {
    open: () => SqliteEventStore.open(folder, 'inline'),
    remove: () => {
      removeFolder(folder);
    },
  };
};

/** On the server that the suites on EventStoreDB share. */
export const newKurrentDbLog: NewLog = () => {
  const namespace = `log-${randomUUID()}-`;
  return {
    async open() {
      // Its client takes as long to load as all else: only suites that open it wait for it.
      const { KurrentDbEventStore } =
        await import('../../src/event-store/kurrentdb/kurrentdb-event-store.js');
      const url = inNamespace(sharedServer(), namespace);
      return KurrentDbEventStore.open({ url, prefixes: STREAM_PREFIXES });
    },
    remove: () => undefined,
  };
};

/** After so long a close that another node has begun is surely taken over. */
const TAKE_OVER_MS = 11_000;

export const BY = { kind: 'operator' } as const;

export interface OpenOptions {
  /** New and empty without it. */
  readonly viewsDir?: string;
  /** Puts something between the ledger and the store. */
  readonly wrap?: (store: EventStore) => EventStore;
}

/** The ledger as the service and the tool compose it, on a log and a clock of a test's own. */
export class TestLedger {
  private closed: Promise<void> | undefined;

  private constructor(
    readonly ledger: Ledger,
    readonly store: EventStore,
    readonly views: Views,
    readonly viewsDir: string,
    readonly clock: SettableClock,
    private readonly inner: EventStore,
  ) {
    afterSuite(() => this.close());
  }

  /** The clock stands at SALE_TIME. */
  static async open(
    log: TestLog = newSqliteLog(),
    { viewsDir = newFolderInMemory(), wrap }: OpenOptions = {},
  ): Promise<TestLedger> {
    const inner = await log.open();
    const store = wrap?.(inner) ?? inner;
    const views = await Views.open({ viewsDir, eventStoreUrl: '', store });
    const clock = new SettableClock();
    clock.set(Date.parse(SALE_TIME));
    const ledger = composeLedger({ store, views, clock });
    return new TestLedger(ledger, store, views, viewsDir, clock, inner);
  }

  /** The log and the views stay. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    await this.views.close();
    await this.inner.close();
  }

  /** A merchant with its terminals, each in a store: `{ T1: 'S1' }`. */
  async register(
    merchantId: string,
    settings: MerchantSettings,
    terminals: Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.ledger.merchants.put(merchantId, settings, BY);
    for (const [terminalId, storeId] of Object.entries(terminals)) {
      await this.ledger.merchants.assignTerminal(merchantId, { terminalId, storeId }, BY);
    }
  }

  at(time: string): void {
    this.clock.set(Date.parse(time));
  }

  send(sending: Sending): Promise<Outcome<unknown>> {
    const by = 'terminalId' in sending ? terminalActor(sending, { scope: 'operator' }) : BY;
    return send(this.ledger, sending, by);
  }

  /** Closes what is past its cut-off. */
  closeDue(): Promise<void> {
    return inTime([this], ({ batches }) => batches.closeDue());
  }

  /** What the ledger does by itself every second: closes, releases of reserve, payouts. */
  doDue(): Promise<void> {
    return doDue([this]);
  }

  /** The whole log as it stands. */
  async log(): Promise<RecordedEvent[]> {
    return (await this.store.readAll({ limit: Number.MAX_SAFE_INTEGER })).map(decode);
  }

  /** Requests that a time-out reversal has undone: their repeats are refused. */
  async undone(): Promise<ReadonlySet<string>> {
    const log = await this.log();
    return new Set(log.flatMap(({ event }) => (event.type === 'Reversal' ? [event.data.of] : [])));
  }

  /** Every view has seen the whole log. */
  async caughtUp(): Promise<void> {
    await this.views.waitFor(await this.store.head(), undefined, 60_000);
  }
}

/** The same by all nodes of a log at once. */
export function doDue(nodes: readonly TestLedger[]): Promise<void> {
  return inTime(nodes, ({ dueWork }) => dueWork.run());
}

/**
 * Where there may be other nodes, what one of them has begun is left to it for a while. That passes while none of them
 * asks the store for anything: an answer that takes so long is none.
 */
async function inTime(
  nodes: readonly TestLedger[],
  work: (ledger: Ledger) => Promise<void>,
): Promise<void> {
  const byAll = () => Promise.all(nodes.map(({ ledger }) => work(ledger)));
  await byAll();
  if (!nodes.some(({ store }) => store.isShared)) return;
  letTimePass(TAKE_OVER_MS);
  await byAll();
}
