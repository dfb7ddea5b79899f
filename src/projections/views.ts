import type { EventStore, Position } from '../event-store/event-store.js';
import { openEventStoreReader } from '../event-store/open-event-store.js';
import { ALL_PROJECTIONS, projectionOf } from './all-projections.js';
import { CurrentModels } from './current-models.js';
import { Follower, type ProjectionState } from './follower.js';
import { Projector } from './projector.js';
import { type Listener, ProjectorThread } from './projector-thread.js';
import { MODELS, type ReadModels } from './read-models.js';
import { build, type Builder, type Built } from './rebuild/build.js';
import { buildInThreads } from './rebuild/rebuild-thread.js';
import { type RebuildParts, Rebuilds } from './rebuild/rebuilds.js';

export { ViewDamagedError } from './file-faults.js';
export { isForLater, isOfView, ViewBehindError, ViewStoppedError } from './progress.js';
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
  /** Resolves with what has ended a thread that was not told to. */
  readonly lost?: Promise<Error>;
  /** Someone waits for this position. */
  hurry(position: Position): void;
  /** Puts a view that was built anew in the place of the live one. */
  adopt(name: string, generation: number): Promise<void>;
  close(): Promise<void>;
}

/** The read models: kept up behind the log, and asked here. */
export class Views {
  readonly rebuilds: Rebuilds;

  private constructor(
    private readonly keeper: Keeper,
    private readonly current: CurrentModels,
    build: RebuildParts['build'],
  ) {
    this.rebuilds = new Rebuilds({
      viewsDir: current.viewsDir,
      build,
      adopt: (name, generation) => keeper.adopt(name, generation),
      states: () => this.state(),
    });
  }

  /**
   * Resolves once the views are open; they may still be behind, and are not read from until they have been at the end that the log
   * has now.
   * @throws CorruptLogError when a view's file is damaged or the log lacks what a view has seen; StoreUnavailableError
   */
  static async open(options: ViewsOptions): Promise<Views> {
    const { mode = options.store ? 'inline' : 'thread' } = options;
    const current = new CurrentModels(options.viewsDir);
    const keeper =
      mode === 'thread'
        ? await ProjectorThread.start(options, current)
        : await followHere(options, current);
    try {
      current.require();
      const { eventStoreUrl, viewsDir } = options;
      const builder = mode === 'thread' ? buildInThreads(eventStoreUrl, true) : here(options);
      return new Views(keeper, current, oneBy(builder, viewsDir));
    } catch (error) {
      await keeper.close();
      throw error;
    }
  }

  /** Resolves with why the views go no further, until a new process opens them. */
  get lost(): Promise<Error> | undefined {
    return this.keeper.lost;
  }

  get trail(): ReadModels['trail'] {
    return this.model('trail');
  }

  get sales(): ReadModels['sales'] {
    return this.model('sales');
  }

  get batches(): ReadModels['batches'] {
    return this.model('batches');
  }

  get books(): ReadModels['books'] {
    return this.model('books');
  }

  get payouts(): ReadModels['payouts'] {
    return this.model('payouts');
  }

  get settlements(): ReadModels['settlements'] {
    return this.model('settlements');
  }

  get statements(): ReadModels['statements'] {
    return this.model('statements');
  }

  get appeals(): ReadModels['appeals'] {
    return this.model('appeals');
  }

  get approvals(): ReadModels['approvals'] {
    return this.model('approvals');
  }

  get chargebacks(): ReadModels['chargebacks'] {
    return this.model('chargebacks');
  }

  get daySums(): ReadModels['daySums'] {
    return this.model('daySums');
  }

  get keys(): ReadModels['keys'] {
    return this.model('keys');
  }

  get merchants(): ReadModels['merchants'] {
    return this.model('merchants');
  }

  get refusals(): ReadModels['refusals'] {
    return this.model('refusals');
  }

  get requests(): ReadModels['requests'] {
    return this.model('requests');
  }

  /**
   * @throws ViewBehindError while the view does not tell of all that the log had at the start: it may say of money what never was;
   * ViewDamagedError
   */
  private model<N extends keyof ReadModels>(name: N): ReadModels[N] {
    const { view } = MODELS[name];
    this.current.progress.refuseUnfinished(view);
    this.current.refuseDamaged(view);
    return this.current.require()[name];
  }

  /** How far each view is. */
  state(): readonly ProjectionState[] {
    return this.current.states();
  }

  /**
   * Resolves when the views that are named, or else all, have reached the position: they then show whatever the log has
   * up to there. What goes on with less than all names what it needs: one that has stopped must not stop it.
   * @throws ViewBehindError when one does not get there in time; ViewStoppedError or ViewDamagedError when it has stopped on the way
   */
  async waitFor(
    position: Position,
    names?: readonly string[],
    timeoutMs = PATIENCE_MS,
  ): Promise<void> {
    if (this.current.progress.isThere(position, names)) return;
    this.keeper.hurry(position);
    await this.letCome(position, names, timeoutMs);
  }

  /** Resolves once the view can be read from: it tells of all that the log had at the start, or has stopped. @throws ViewBehindError */
  finished(name: string): Promise<void> {
    return this.current.progress.finish(name, PATIENCE_MS);
  }

  /** As `waitFor`, without haste: views that are left to gather what comes cost much less. */
  letCome(position: Position, names?: readonly string[], timeoutMs = PATIENCE_MS): Promise<void> {
    return this.current.progress.reach(position, names, timeoutMs);
  }

  /** Whoever still waits is told that the views are behind. */
  stopWaiting(): void {
    this.current.progress.stopAll('the service stops');
  }

  /** Whoever still waits is told that the views are behind. */
  async close(): Promise<void> {
    await this.rebuilds.close();
    // Before the keeper, so that the keeper's are the last connections and take the WALs away.
    this.current.close();
    await this.keeper.close();
    this.current.progress.stopAll('the views are closed');
  }
}

/** Builds one view with the others beside it. */
function oneBy(builder: Builder, viewsDir: string): RebuildParts['build'] {
  return async (name, generation, signal, done) => {
    const place = { viewsDir, directory: viewsDir, generation };
    const [built] = await builder([{ projection: projectionOf(name), place }], signal, done);
    return built as Built;
  };
}

function here({ eventStoreUrl, store }: ViewsOptions): Builder {
  return async (buildings, signal, done) => {
    const log = store ?? (await openEventStoreReader(eventStoreUrl));
    try {
      return await build(buildings, log, signal, done);
    } finally {
      if (!store) await log.close();
    }
  };
}

async function followHere(
  { viewsDir, eventStoreUrl, store }: ViewsOptions,
  listener: Listener,
): Promise<Keeper> {
  const log = store ?? (await openEventStoreReader(eventStoreUrl));
  const closeLog = async (): Promise<void> => {
    if (!store) await log.close();
  };
  try {
    const projector = await Projector.open(viewsDir, log, ALL_PROJECTIONS);
    const follower = new Follower(projector, log, (states) => {
      listener.advance(states);
    });
    await follower.start();
    return {
      hurry: (position) => {
        follower.hurry(position);
      },
      adopt: (name, generation) => follower.adopt(name, generation),
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
