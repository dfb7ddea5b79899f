import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { CorruptLogError, type EventStore, type Position } from '../event-store/event-store.js';
import { ALL_PROJECTIONS } from './all-projections.js';
import { BalancesView } from './balances.view.js';
import { BatchesView } from './batches.view.js';
import { Projector, type ProjectionState, viewsFile } from './projector.js';
import type { ProjectorMessage } from './projector.worker.js';
import { SalesView } from './sales.view.js';

const PATIENCE_MS = 5_000;

/** A view did not get to a position in time. */
export class ViewBehindError extends Error {
  override readonly name = 'ViewBehindError';
  readonly retryAfterSeconds = 1;
  constructor(
    readonly view: string,
    readonly position: Position,
  ) {
    super(`view ${view} has not reached position ${position}`);
  }
}

export interface ViewsOptions {
  readonly viewsDir: string;
  readonly eventStoreUrl: string;
  /** Given, the views are kept up in this thread, from this store; else in a thread of their own. */
  readonly store?: EventStore;
}

interface Waiting {
  readonly position: Position;
  readonly resolve: () => void;
}

/** The read models: kept up behind the log, and asked here. */
export class Views {
  readonly sales: SalesView;
  readonly batches: BatchesView;
  readonly balances: BalancesView;
  private states: readonly ProjectionState[];
  private waiting: Waiting[] = [];
  private stop: () => Promise<void> = () => Promise.resolve();

  private constructor(
    private readonly database: Database.Database,
    states: readonly ProjectionState[],
  ) {
    this.states = states;
    this.sales = new SalesView(database);
    this.batches = new BatchesView(database);
    this.balances = new BalancesView(database);
  }

  /** Resolves once the views are open; they may still be behind. @throws CorruptLogError */
  static open(options: ViewsOptions): Promise<Views> {
    return options.store
      ? Views.openHere(options.viewsDir, options.store)
      : Views.openThread(options);
  }

  private static async openHere(viewsDir: string, store: EventStore): Promise<Views> {
    const projector = await Projector.open(viewsDir, store, ALL_PROJECTIONS);
    const views = new Views(openToRead(viewsDir), projector.states());
    const following = store.subscribe(projector.position()).subscribe((page) => {
      projector.apply(page);
      views.advance(projector.states());
    });
    views.stop = () => {
      following.unsubscribe();
      projector.close();
      return Promise.resolve();
    };
    return views;
  }

  private static async openThread({ viewsDir, eventStoreUrl }: ViewsOptions): Promise<Views> {
    const worker = new Worker(new URL('./projector.worker.js', import.meta.url), {
      workerData: { viewsDir, eventStoreUrl },
    });
    const states = await firstStates(worker);
    const views = new Views(openToRead(viewsDir), states);
    worker.on('message', (message: ProjectorMessage) => {
      if ('states' in message) views.advance(message.states);
      else views.stopAll(message.fault.message);
    });
    worker.on('error', (error: Error) => {
      views.stopAll(error.message);
    });
    const ended = new Promise<void>((resolve) => worker.once('exit', resolve));
    views.stop = () => {
      worker.postMessage('stop');
      return ended;
    };
    return views;
  }

  /** How far each view is. */
  state(): readonly ProjectionState[] {
    return this.states;
  }

  /** Resolves when every view has reached the position. @throws ViewBehindError when they don't in time */
  waitFor(position: Position, timeoutMs = PATIENCE_MS): Promise<void> {
    if (this.reached(position)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((other) => other !== mine);
        const behind = this.states.find((state) => state.position < position);
        reject(new ViewBehindError(behind?.name ?? '', position));
      }, timeoutMs);
      const mine: Waiting = {
        position,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.waiting.push(mine);
    });
  }

  private reached(position: Position): boolean {
    return this.states.every((state) => state.position >= position);
  }

  private advance(states: readonly ProjectionState[]): void {
    this.states = states;
    if (this.waiting.length === 0) return;
    const served = this.waiting.filter(({ position }) => this.reached(position));
    this.waiting = this.waiting.filter((waiting) => !served.includes(waiting));
    for (const { resolve } of served) resolve();
  }

  private stopAll(reason: string): void {
    this.states = this.states.map((state) => ({ stoppedBy: reason, ...state }));
  }

  async close(): Promise<void> {
    await this.stop();
    this.database.close();
  }
}

function openToRead(viewsDir: string): Database.Database {
  const database = new Database(viewsFile(viewsDir), { readonly: true, fileMustExist: true });
  database.pragma('mmap_size = 1073741824');
  return database;
}

/** An error loses its class on its way between threads; the name is what is left of it. */
async function firstStates(worker: Worker): Promise<readonly ProjectionState[]> {
  const message = await new Promise<ProjectorMessage>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  worker.removeAllListeners('error');
  if ('states' in message) return message.states;
  const { fault } = message;
  throw fault.name === 'CorruptLogError' ? new CorruptLogError(fault.message) : fault;
}
