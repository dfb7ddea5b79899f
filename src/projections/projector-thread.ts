import { Worker } from 'node:worker_threads';
import type { Position } from '../event-store/event-store.js';
import { type Fault, revived } from '../event-store/thread-fault.js';
import type { ProjectionState } from './follower.js';

/** What the thread works on. */
export interface ThreadOptions {
  readonly viewsDir: string;
  readonly eventStoreUrl: string;
}

/** A view that was built anew and is to be read from now on. */
export interface Adoption {
  readonly name: string;
  readonly generation: number;
}

/** How far the views are, what kept the thread from starting, or what became of an adoption. */
export type FromThread =
  | { readonly states: readonly ProjectionState[] }
  | { readonly fault: Fault }
  | { readonly adopted: Adoption; readonly failure?: string };

/** What the thread is told: to end, to read up to a position at once, or to let a view take over. */
export type ToThread = 'stop' | { readonly hurry: Position } | { readonly adopt: Adoption };

/** Who is told how far the views are, and why they go no further. */
export interface Listener {
  advance(states: readonly ProjectionState[]): void;
  stopAll(reason: string): void;
}

/** Room for the events of one commit: what outlives a collection of the young is copied, twice, by all cores. */
const YOUNG_GENERATION_MB = 64;

/** The views kept up in a thread of its own, from a connection of its own to the log. */
export class ProjectorThread {
  /** Resolves with what has ended it, unless it was told to. */
  readonly lost: Promise<Error>;
  /** Resolves with what has ended it. */
  private readonly ended: Promise<Error>;
  private isClosing = false;
  private readonly adopting = new Map<string, (failure?: string) => void>();

  private constructor(private readonly worker: Worker) {
    let thrown: Error | undefined;
    worker.on('error', (error: Error) => {
      thrown = error;
    });
    this.ended = new Promise((resolve) => {
      worker.once('exit', (code) => {
        const withCode = `the thread that keeps the views has ended with code ${code}`;
        resolve(thrown ?? new Error(withCode));
      });
    });
    this.lost = new Promise((resolve) => {
      void this.ended.then((why) => {
        if (!this.isClosing) resolve(why);
      });
    });
  }

  /**
   * Resolves once the views are open and begin to catch up. When the thread ends unbidden, every view is stopped.
   * @throws as Projector.open
   */
  static start(options: ThreadOptions, listener: Listener): Promise<ProjectorThread> {
    const worker = new Worker(new URL('./projector.worker.js', import.meta.url), {
      workerData: options,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    const thread = new ProjectorThread(worker);
    return new Promise((resolve, reject) => {
      void thread.ended.then((why) => {
        listener.stopAll(why.message);
        reject(why);
      });
      worker.on('message', (message: FromThread) => {
        if ('fault' in message) {
          reject(revived(message.fault, ({ message }) => new ViewsNotOpenError(message)));
        } else if ('adopted' in message) {
          thread.adopting.get(key(message.adopted))?.(message.failure);
        } else {
          listener.advance(message.states);
          resolve(thread);
        }
      });
    });
  }

  hurry(position: Position): void {
    this.tell({ hurry: position });
  }

  async adopt(name: string, generation: number): Promise<void> {
    const adoption = { name, generation };
    const adopted = new Promise<string | undefined>((resolve) => {
      this.adopting.set(key(adoption), resolve);
      this.tell({ adopt: adoption });
    });
    const failure = await Promise.race([adopted, this.ended.then(({ message }) => message)]);
    this.adopting.delete(key(adoption));
    if (failure !== undefined) throw new Error(failure);
  }

  async close(): Promise<void> {
    this.isClosing = true;
    this.tell('stop');
    await this.ended;
  }

  private tell(order: ToThread): void {
    this.worker.postMessage(order);
  }
}

function key({ name, generation }: Adoption): string {
  return `${name}.${generation}`;
}

/** What keeps the views from being opened, beside what the log and its store say. */
export class ViewsNotOpenError extends Error {
  override readonly name = 'ViewsNotOpenError';
  constructor(why: string) {
    super(`the views can't be opened: ${why}`);
  }
}
