import { Worker } from 'node:worker_threads';
import type { Built } from './build.js';

/** What is to be built where. */
export interface BuildOrder {
  readonly name: string;
  readonly generation: number;
  readonly viewsDir: string;
  readonly eventStoreUrl: string;
}

export type FromBuilder =
  { readonly events: number } | { readonly built: Built } | { readonly fault: string };

/** Builds one view anew in a thread of its own, which needs compiled code. @throws as `build` */
export function buildInThread(
  order: BuildOrder,
  signal: AbortSignal,
  done: (events: number) => void,
): Promise<Built> {
  const worker = new Worker(new URL('./rebuild.worker.js', import.meta.url), { workerData: order });
  const cancel = (): void => {
    worker.postMessage('cancel');
  };
  signal.addEventListener('abort', cancel, { once: true });
  return new Promise<Built>((resolve, reject) => {
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
          reject(new Error(message.fault));
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
