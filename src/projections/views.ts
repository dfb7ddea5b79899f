import type { EventStore, Position } from '../event-store/event-store.js';
import { openEventStoreReader } from '../event-store/open-event-store.js';
import { ALL_PROJECTIONS } from './all-projections.js';
import { Follower, type ProjectionState } from './follower.js';
import { Progress } from './progress.js';
import { Projector } from './projector.js';
import { ProjectorThread } from './projector-thread.js';
import type { ReadModels } from './read-models.js';
import { type Generations, Reading } from './reading.js';

export { ViewBehindError } from './progress.js';
export type { ProjectionState } from './follower.js';

const PATIENCE_MS = 5_000;

export interface ViewsOptions {
  readonly viewsDir: string;
  /** The log that they are built from. */
  readonly eventStoreUrl: string;
  /** Kept up in a thread of its own, which needs compiled code, or in the caller's: the default where a store is given. */
  readonly mode?: 'thread' | 'inline';
  /** For `inline`: read the log through this store, which stays the caller's to close. */
  readonly store?: EventStore;
}

/** What keeps the views up with the log. */
interface Keeper {
  /** Someone waits for this position. */
  hurry(position: Position): void;
  close(): Promise<void>;
}

/** The read models: kept up behind the log, and asked here. */
export class Views {
  private constructor(
    private readonly keeper: Keeper,
    private readonly progress: Progress,
    private reading: Reading,
  ) {}

  /**
   * Resolves once the views are open; they may still be behind.
   * @throws CorruptLogError when a view's file is damaged or the log lacks what a view has seen; StoreUnavailableError
   */
  static async open(options: ViewsOptions): Promise<Views> {
    const { viewsDir, mode = options.store ? 'inline' : 'thread' } = options;
    const progress = new Progress();
    const keeper =
      mode === 'thread'
        ? await ProjectorThread.start(options, progress)
        : await followHere(options, progress);
    try {
      const reading = new Reading(viewsDir, generationsOf(progress.current()));
      return new Views(keeper, progress, reading);
    } catch (error) {
      await keeper.close();
      throw error;
    }
  }

  get sales(): ReadModels['sales'] {
    return this.reading.models.sales;
  }

  get batches(): ReadModels['batches'] {
    return this.reading.models.batches;
  }

  get books(): ReadModels['books'] {
    return this.reading.models.books;
  }

  get payouts(): ReadModels['payouts'] {
    return this.reading.models.payouts;
  }

  get settlements(): ReadModels['settlements'] {
    return this.reading.models.settlements;
  }

  get statements(): ReadModels['statements'] {
    return this.reading.models.statements;
  }

  get keys(): ReadModels['keys'] {
    return this.reading.models.keys;
  }

  get requests(): ReadModels['requests'] {
    return this.reading.models.requests;
  }

  /** How far each view is. */
  state(): readonly ProjectionState[] {
    return this.progress.current();
  }

  /**
   * Resolves when every view, or the one named, has reached the position: it then shows whatever the log has up to there.
   * @throws ViewBehindError when it does not get there in time, or has stopped on the way
   */
  async waitFor(position: Position, timeoutMs = PATIENCE_MS, view?: string): Promise<void> {
    if (this.progress.isThere(position, view)) return;
    this.keeper.hurry(position);
    await this.progress.reach(position, timeoutMs, view);
  }

  /** Whoever still waits is told that the views are behind. */
  async close(): Promise<void> {
    // Before the keeper, so that the keeper's are the last connections and take the WALs away.
    this.reading.close();
    await this.keeper.close();
    this.progress.stopAll('the views are closed');
  }
}

async function followHere(
  { viewsDir, eventStoreUrl, store }: ViewsOptions,
  progress: Progress,
): Promise<Keeper> {
  const log = store ?? openEventStoreReader(eventStoreUrl);
  const closeLog = async (): Promise<void> => {
    if (!store) await log.close();
  };
  try {
    const projector = await Projector.open(viewsDir, log, ALL_PROJECTIONS);
    const follower = new Follower(projector, log, (states) => {
      progress.advance(states);
    });
    await follower.start();
    return {
      hurry: (position) => {
        follower.hurry(position);
      },
      close: () => {
        follower.close();
        return closeLog();
      },
    };
  } catch (error) {
    await closeLog();
    throw error;
  }
}

function generationsOf(states: readonly ProjectionState[]): Generations {
  return new Map(states.map(({ name, generation }) => [name, generation]));
}
