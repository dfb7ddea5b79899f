import {
  type Appended,
  ConflictError,
  type ExpectedRevision,
  type NewEvent,
  StoreUnavailableError,
  toPosition,
} from '../event-store.js';
import type { AppendRequest, AppendResult, GroupFailure } from './log-writer.js';

/** One commit takes so many appends at the most, or so many characters and the append that goes beyond. */
const GROUP_APPENDS = 1_024;
const GROUP_CHARACTERS = 8_000_000;

/** Where groups of appends are written: in a thread, or in the caller's own. */
export interface Writer {
  /** One group at a time: the next only once this one is answered, which is in a later turn. */
  commit(
    group: readonly AppendRequest[],
    answered: (results: AppendResult[] | GroupFailure) => void,
  ): void;
  stop(): Promise<void>;
}

interface Waiting extends AppendRequest {
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/** Appends on their way to the writer. What comes in during one commit goes into the next, in the order of the calls. */
export class CommitQueue {
  private waiting: Waiting[] = [];
  private isWriting = false;
  private isScheduled = false;
  private readonly idle: (() => void)[] = [];

  constructor(
    private readonly writer: Writer,
    private readonly committed: () => void,
  ) {}

  /** @throws ConflictError, StoreUnavailableError; TypeError for what no log can hold */
  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<Appended> {
    return new Promise((resolve, reject) => {
      refuseUnstorable(stream, events);
      this.waiting.push({ stream, expected, events, resolve, reject });
      this.schedule();
    });
  }

  /** Resolves when every append so far has its answer. */
  async drained(): Promise<void> {
    if (this.isIdle()) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private isIdle(): boolean {
    return !this.isWriting && this.waiting.length === 0;
  }

  private schedule(): void {
    if (this.isScheduled || this.isWriting) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.writeNext();
    });
  }

  private writeNext(): void {
    if (this.isWriting || this.waiting.length === 0) return;
    const group = this.waiting.splice(0, groupSize(this.waiting));
    this.isWriting = true;
    this.writer.commit(group, (results) => {
      this.isWriting = false;
      // First, so that the writer has work while this group's callers go on.
      this.writeNext();
      this.committed();
      settle(group, results);
      if (this.isIdle()) for (const wake of this.idle.splice(0)) wake();
    });
  }
}

function groupSize(waiting: readonly Waiting[]): number {
  const most = Math.min(waiting.length, GROUP_APPENDS);
  let characters = 0;
  for (let size = 0; size < most; size += 1) {
    for (const { data } of waiting[size]?.events ?? []) characters += data.length;
    if (characters > GROUP_CHARACTERS) return size + 1;
  }
  return most;
}

function settle(group: readonly Waiting[], results: AppendResult[] | GroupFailure): void {
  if (!Array.isArray(results)) {
    for (const { reject } of group) {
      reject(new StoreUnavailableError(results.message, results.outcome));
    }
    return;
  }
  group.forEach(({ stream, expected, resolve, reject }, index) => {
    const result = results[index];
    if (!result || 'actual' in result) {
      const actual = result && result.actual >= 0 ? result.actual : undefined;
      reject(new ConflictError(stream, expected, actual));
    } else {
      resolve({ ...result, position: toPosition(result.position) });
    }
  });
}

/** Of every string, though not in the library types of the compiler's target. */
interface WellFormed {
  isWellFormed(): boolean;
}

/** Half a surrogate pair has no UTF-8: it would not be read as it was written, and its checksum would not hold. */
function refuseUnstorable(stream: string, events: readonly NewEvent[]): void {
  if (events.length === 0) throw new TypeError(`no events to append to stream ${stream}`);
  let isStorable = isWellFormed(stream);
  for (const { id, type, data, metadata } of events) {
    isStorable &&= isWellFormed(id) && isWellFormed(type);
    isStorable &&= isWellFormed(data) && isWellFormed(metadata);
  }
  if (!isStorable) throw new TypeError('half a surrogate pair in an event can not be stored');
}

function isWellFormed(text: string): boolean {
  return (text as unknown as WellFormed).isWellFormed();
}
