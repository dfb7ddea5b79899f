import { Worker } from 'node:worker_threads';
import {
  CorruptLogError,
  type Position,
  StoreUnavailableError,
} from '../event-store/event-store.js';
import type { ProjectionState } from './follower.js';
import type { Progress } from './progress.js';

export interface ThreadOptions {
  readonly viewsDir: string;
  readonly eventStoreUrl: string;
}

/** An error loses its class on its way between threads. */
interface Fault {
  readonly name: string;
  readonly message: string;
}

/** How far the views are, or what kept the thread from starting. */
export type FromThread =
  { readonly states: readonly ProjectionState[] } | { readonly fault: Fault };

export type ToThread = 'stop' | { readonly hurry: Position };

/** The views kept up in a thread of its own, from a connection of its own to the log. */
export class ProjectorThread {
  private readonly ended: Promise<unknown>;

  private constructor(private readonly worker: Worker) {
    this.ended = new Promise((resolve) => worker.once('exit', resolve));
  }

  /**
   * Resolves once the views are open and begin to catch up. When the thread ends unbidden, every view is stopped.
   * @throws as Projector.open
   */
  static start(options: ThreadOptions, progress: Progress): Promise<ProjectorThread> {
    const worker = new Worker(new URL('./projector.worker.js', import.meta.url), {
      workerData: options,
    });
    const thread = new ProjectorThread(worker);
    return new Promise((resolve, reject) => {
      const end = (error: Error): void => {
        progress.stopAll(error.message);
        reject(error);
      };
      worker.on('message', (message: FromThread) => {
        if ('fault' in message) {
          reject(revived(message.fault));
          return;
        }
        progress.advance(message.states);
        resolve(thread);
      });
      worker.on('error', end);
      worker.on('exit', (code) => {
        end(new Error(`the thread that keeps the views has ended with code ${code}`));
      });
    });
  }

  hurry(position: Position): void {
    this.tell({ hurry: position });
  }

  async close(): Promise<void> {
    this.tell('stop');
    await this.ended;
  }

  private tell(order: ToThread): void {
    this.worker.postMessage(order);
  }
}

function revived({ name, message }: Fault): Error {
  if (name === 'CorruptLogError') return new CorruptLogError(message);
  if (name === 'StoreUnavailableError') return new StoreUnavailableError(message, 'not-done');
  return new Error(message);
}
