import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { removeGeneration } from '../view-file.js';
import type { Builder, Built, Failing } from './build.js';
import type { Place } from './candidate.js';

/** Each reads the log for itself: more of them would read it more often than they save. */
const THREADS = Math.min(2, availableParallelism());

/** What is to be built where. */
export interface BuildOrder {
  readonly views: readonly { readonly name: string; readonly place: Place }[];
  readonly eventStoreUrl: string;
  readonly isAside: boolean;
  readonly failing: Failing;
}

export type FromBuilder =
  { readonly events: number } | { readonly built: readonly Built[] } | { readonly fault: string };

/** Builds views anew in a thread of its own. @throws as `build` */
function buildInThread(
  order: BuildOrder,
  signal: AbortSignal,
  done: (events: number) => void,
): Promise<readonly Built[]> {
  const worker = new Worker(new URL('./rebuild.worker.js', import.meta.url), { workerData: order });
  const cancel = (): void => {
    worker.postMessage('cancel');
  };
  signal.addEventListener('abort', cancel, { once: true });
  return new Promise<readonly Built[]>((resolve, reject) => {
    let outcome = (): void => {
      reject(new Error('the thread that rebuilds the view has ended'));
    };
    worker.on('message', (message: FromBuilder) => {
      if ('events' in message) done(message.events);
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
      outcome();
    });
  });
}

/**
 * Deals views out to threads, which need compiled code. What one of them can't build, none does, unless it is to fail alone.
 * `isAside`: whether others are to be served first
 */
export function buildInThreads(eventStoreUrl: string, isAside: boolean): Builder {
  return async (buildings, signal, done, failing = 'together') => {
    const shares = Array.from({ length: Math.min(THREADS, buildings.length) }, (_, share) =>
      buildings.filter((_, index) => index % THREADS === share),
    );
    const failed = new AbortController();
    const ending = AbortSignal.any([signal, failed.signal]);
    const seen = shares.map(() => 0);
    const building = shares.map(async (share, thread) => {
      const views = share.map(({ projection: { name }, place }) => ({ name, place }));
      try {
        const order = { views, eventStoreUrl, isAside, failing };
        return await buildInThread(order, ending, (events) => {
          seen[thread] = events;
          done(Math.min(...seen));
        });
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    });
    const ended = await Promise.allSettled(building);
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
