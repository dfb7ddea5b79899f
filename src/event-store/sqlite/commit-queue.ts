import {
  type Appended,
  ConflictError,
  type ExpectedRevision,
  type NewEvent,
  StoreUnavailableError,
  toPosition,
} from '../event-store.js';
import type { AppendRequest } from '../append-group.js';
import { refuseUnstorable } from '../storable.js';
import type { AppendResult, GroupFailure } from './log-writer.js';

/** One commit takes so many appends at the most, or so many characters and the append that goes beyond. */
export const GROUP_APPENDS = 1_024;
export const GROUP_CHARACTERS = 8_000_000;

/** Where groups of appends are written: in a thread, or in the caller's own. */
export interface Writer {
  /** A group of so many goes there at once and not at the turn's end: a writer of its own has work that much sooner. */
  readonly eagerAppends: number;
  /** Resolves with what has ended a thread that was not told to stop. */
  readonly lost?: Promise<Error>;
  /** Groups are written and answered in the order of the calls, each in a later turn. */
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

/** Appends on their way to the writer: those of one turn go there in groups, in the order of the calls. */
export class CommitQueue {
  private waiting: Waiting[] = [];
  private groupsUnderWay = 0;
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
      refuseUnfit(stream, events);
      this.waiting.push({ stream, expected, events, resolve, reject });
      if (this.waiting.length >= this.writer.eagerAppends) this.write();
      else this.schedule();
    });
  }

  /** Resolves when every append so far has its answer. */
  async drained(): Promise<void> {
    if (this.isIdle()) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private isIdle(): boolean {
    return this.groupsUnderWay === 0 && this.waiting.length === 0;
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      if (this.waiting.length > 0) this.write();
    });
  }

  private write(): void {
    const group = this.waiting.splice(0, groupSize(this.waiting));
    this.groupsUnderWay += 1;
    this.writer.commit(group, (results) => {
      this.groupsUnderWay -= 1;
      this.committed();
      settle(group, results);
      if (this.isIdle()) for (const wake of this.idle.splice(0)) wake();
    });
    if (this.waiting.length > 0) this.schedule();
  }
}

function groupSize(waiting: readonly Waiting[]): number {
  const most = Math.min(waiting.length, GROUP_APPENDS);
  let characters = 0;
  for (let size = 0; size < most; size += 1) {
    characters += charactersOf(waiting[size]?.events ?? []);
    if (characters > GROUP_CHARACTERS) return size + 1;
  }
  return most;
}

export function charactersOf(events: readonly NewEvent[]): number {
  return events.reduce((sum, { data }) => sum + data.length, 0);
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
      const { position, revision, repeated } = result;
      resolve({ position: toPosition(position), revision, repeated });
    }
  });
}

/** @throws TypeError for what no log can hold */
function refuseUnfit(stream: string, events: readonly NewEvent[]): void {
  if (events.length === 0) throw new TypeError(`no events to append to stream ${stream}`);
  for (const { id, type, data, metadata } of events) {
    refuseUnstorable(stream, id, type, data, metadata);
  }
}
