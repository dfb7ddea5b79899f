import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { EventStore, StoredEvent } from '../../event-store/event-store.js';
import { openEventStoreReader } from '../../event-store/open-event-store.js';
import { removeGeneration } from '../view-file.js';
import type { Builder, Building, Built, Failing } from './build.js';
import { PAGE, type Place } from './candidate.js';

/** More of them would wait for the one that reads the log. */
const THREADS = Math.min(2, availableParallelism());

/** Pages on their way to a thread, that it does not wait for the next. */
const PAGES_AHEAD = 2;

/** What is to be built where. */
export interface BuildOrder {
  readonly views: readonly { readonly name: string; readonly place: Place }[];
  readonly eventStoreUrl: string;
  readonly isAside: boolean;
  readonly failing: Failing;
  /** Whether it is given the log, and need not read it. */
  readonly isFed: boolean;
}

/** What the thread is told: to give up, that the log it was given ends, or a page of it. */
export type ToBuilder = 'cancel' | 'end' | { readonly page: readonly StoredEvent[] };

/** What it tells: that there is room for a page, how far it is, or what came of it. */
export type FromBuilder =
  | 'took a page'
  | { readonly events: number }
  | { readonly built: readonly Built[] }
  | { readonly fault: string };

/** Views that are built anew in a thread of its own. */
class BuilderThread {
  private readonly worker: Worker;
  private pagesAhead = 0;
  private hasEnded = false;
  private letOn: () => void = () => undefined;

  constructor(order: BuildOrder) {
    this.worker = new Worker(new URL('./rebuild.worker.js', import.meta.url), {
      workerData: order,
    });
  }

  /** @throws as `build` */
  run(signal: AbortSignal, done: (events: number) => void): Promise<readonly Built[]> {
    const { worker } = this;
    const cancel = (): void => {
      this.tell('cancel');
    };
    signal.addEventListener('abort', cancel, { once: true });
    return new Promise<readonly Built[]>((resolve, reject) => {
      let outcome = (): void => {
        reject(new Error('the thread that rebuilds the view has ended'));
      };
      worker.on('message', (message: FromBuilder) => {
        if (message === 'took a page') {
          this.pagesAhead -= 1;
          this.letOn();
        } else if ('events' in message) done(message.events);
        else if ('built' in message)
          outcome = () => {
            resolve(message.built);
          };
        else
          outcome = () => {
            reject(signal.aborted ? (signal.reason as Error) : new Error(message.fault));
          };
      });
      worker.on('error', (error: Error) => {
        outcome = () => {
          reject(error);
        };
      });
      worker.on('exit', () => {
        signal.removeEventListener('abort', cancel);
        this.hasEnded = true;
        this.letOn();
        outcome();
      });
    });
  }

  /** Resolves when there is room for the next. */
  async take(page: readonly StoredEvent[]): Promise<void> {
    this.tell({ page });
    this.pagesAhead += 1;
    if (this.pagesAhead < PAGES_AHEAD || this.hasEnded) return;
    await new Promise<void>((resolve) => {
      this.letOn = resolve;
    });
  }

  tell(message: ToBuilder): void {
    this.worker.postMessage(message);
  }
}

/**
 * Deals views out to threads, which need compiled code. What one of them can't build, none does, unless it is to fail alone.
 * `isAside`: whether others are to be served first
 */
export function buildInThreads(eventStoreUrl: string, isAside: boolean): Builder {
  return async (buildings, signal, done, failing = 'together') => {
    const shares = sharesOf(buildings);
    const isFed = shares.length > 1;
    const failed = new AbortController();
    const ending = AbortSignal.any([signal, failed.signal]);
    const seen = shares.map(() => 0);
    const threads = shares.map((share) => {
      const views = share.map(({ projection: { name }, place }) => ({ name, place }));
      return new BuilderThread({ views, eventStoreUrl, isAside, failing, isFed });
    });
    const building = threads.map(async (thread, index) => {
      try {
        return await thread.run(ending, (events) => {
          seen[index] = events;
          done(Math.min(...seen));
        });
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    });
    const [ended] = await Promise.all([
      Promise.allSettled(building),
      isFed && feed(threads, eventStoreUrl, ending),
    ]);
    if (ending.aborted) {
      for (const { projection, place } of buildings) {
        removeGeneration(place.directory, projection.name, place.generation);
      }
      throw ending.reason;
    }
    const built = ended.flatMap((thread) => (thread.status === 'fulfilled' ? thread.value : []));
    return buildings.map(
      ({ projection }) => built.find(({ name }) => name === projection.name) as Built,
    );
  };
}

function sharesOf(buildings: readonly Building[]): Building[][] {
  return Array.from({ length: Math.min(THREADS, buildings.length) }, (_, share) =>
    buildings.filter((_, index) => index % THREADS === share),
  );
}

/** Reads the log once for all. Where that fails, each thread reads on by itself, and says what is wrong. */
async function feed(
  threads: readonly BuilderThread[],
  eventStoreUrl: string,
  signal: AbortSignal,
): Promise<void> {
  let store: EventStore | undefined;
  try {
    store = await openEventStoreReader(eventStoreUrl);
    for await (const page of store.pages(undefined, PAGE)) {
      if (signal.aborted) return;
      await Promise.all(threads.map((thread) => thread.take(page)));
    }
  } catch {
    return;
  } finally {
    for (const thread of threads) thread.tell('end');
    await store?.close();
  }
}
