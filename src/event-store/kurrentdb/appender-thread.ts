import { Worker } from 'node:worker_threads';
import { type AppendRequest, packGroup, type PackedGroup } from '../append-group.js';
import {
  type Appended,
  type NewEvent,
  type Position,
  START,
  StoreUnavailableError,
} from '../event-store.js';
import { type Fault, revived } from '../thread-fault.js';
import type { Appending } from './appender.js';

/** Where the thread appends, and which streams its ledger has. */
export interface AppenderOptions {
  readonly url: string;
  readonly prefixes: readonly string[];
}

/** `first`: the number of the group's first append; those behind it count on. */
export type ToAppender =
  { readonly first: number; readonly group: PackedGroup } | { readonly reached: Position } | 'stop';

/** What became of appends, each by its number. */
export type FromAppender = readonly (readonly [number: number, outcome: Appended | Fault])[];

interface Asked extends AppendRequest {
  readonly number: number;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/** So many appends of one turn go to the thread at once and not at the turn's end: it has work that much sooner. */
const EAGER_APPENDS = 16;

/** Room for what is under way: what outlives a collection of the young is copied, twice. */
const YOUNG_GENERATION_MB = 64;

/**
 * Appends sent from a thread of its own: what the client does for one takes as long as all else that a sale costs. One that
 * has ended is started anew by the next append.
 */
export class AppenderThread implements Appending {
  private worker: Worker | undefined;
  private count = 0;
  private turn: Asked[] = [];
  private isScheduled = false;
  private readonly underWay = new Map<number, Asked>();
  private seen: Position = START;

  /** It needs compiled code. */
  constructor(private readonly options: AppenderOptions) {}

  append(
    stream: string,
    expected: number | 'no-stream',
    events: readonly NewEvent[],
  ): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.count += 1;
      this.turn.push({ number: this.count, stream, expected, events, resolve, reject });
      if (this.turn.length >= EAGER_APPENDS) this.send();
      else this.schedule();
    });
  }

  reached(position: Position): void {
    if (position <= this.seen) return;
    this.seen = position;
    this.send();
    this.tell({ reached: position });
  }

  /** Nothing is under way any more. */
  async close(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    this.tell('stop');
    await ended;
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.send();
    });
  }

  private send(): void {
    const [first] = this.turn;
    if (!first) return;
    const group = this.turn;
    this.turn = [];
    for (const asked of group) this.underWay.set(asked.number, asked);
    this.tell({ first: first.number, group: packGroup(group) });
  }

  private tell(message: ToAppender): void {
    this.worker ??= this.start();
    this.worker.postMessage(message);
  }

  private start(): Worker {
    const worker = new Worker(new URL('./appender-thread.worker.js', import.meta.url), {
      workerData: this.options,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    let why = 'it was stopped';
    worker.on('message', (settled: FromAppender) => {
      for (const [number, outcome] of settled) this.settle(number, outcome);
    });
    worker.on('error', (error: Error) => {
      why = error.message;
    });
    worker.once('exit', () => {
      this.worker = undefined;
      const message = `the thread that appends has ended: ${why}`;
      for (const { reject } of this.underWay.values()) {
        reject(new StoreUnavailableError(message, 'unknown'));
      }
      this.underWay.clear();
    });
    worker.postMessage({ reached: this.seen } satisfies ToAppender);
    return worker;
  }

  private settle(number: number, outcome: Appended | Fault): void {
    const asked = this.underWay.get(number);
    if (!asked) return;
    this.underWay.delete(number);
    if ('name' in outcome) {
      asked.reject(revived(outcome, ofNoStore));
      return;
    }
    if (outcome.position > this.seen) this.seen = outcome.position;
    asked.resolve(outcome);
  }
}

function ofNoStore({ name, message }: Fault): Error {
  return name === 'TypeError' ? new TypeError(message) : new Error(message);
}
