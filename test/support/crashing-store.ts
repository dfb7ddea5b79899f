import type { Observable } from 'rxjs';
import { Subject, takeUntil, throwError } from 'rxjs';
import {
  type Appended,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type Position,
  type ReadAllOptions,
  type StoredEvent,
  StoreUnavailableError,
} from '../../src/event-store/event-store.js';

/**
 * When the process dies: at so many appends from the first one on; that one is lost whole, or is on the disk and only
 * its answer is lost.
 */
export interface Death {
  readonly at: number;
  readonly loses: 'append' | 'answer';
}

/** A store whose process dies: from then on nothing is answered any more. Counts the appends that came to it. */
export class CrashingStore implements EventStore {
  readonly isShared: boolean;
  appends = 0;
  isDead = false;
  private readonly died = new Subject<never>();

  constructor(
    private readonly inner: EventStore,
    private death?: Death,
  ) {
    this.isShared = inner.isShared;
  }

  /** Counts its appends from here on. */
  countFromNow(death?: Death): void {
    this.appends = 0;
    this.death = death;
  }

  async append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<Appended> {
    this.refuseWhenDead();
    this.appends += 1;
    const isLast = this.appends === this.death?.at;
    if (isLast && this.death?.loses === 'append') this.die();
    const appended = this.inner.append(stream, expected, events);
    if (!isLast) return this.answered(appended);
    this.isDead = true;
    await appended.catch(() => undefined);
    return this.die();
  }

  /** An append that was under way when the process died is on the disk, and its answer is lost. */
  private async answered<T>(task: Promise<T>): Promise<T> {
    const answer = await task;
    this.refuseWhenDead();
    return answer;
  }

  private die(): never {
    this.isDead = true;
    this.died.error(gone());
    throw gone();
  }

  private refuseWhenDead(): void {
    if (this.isDead) throw gone();
  }

  async readStream(stream: string, from?: number, most?: number): Promise<StoredEvent[]> {
    this.refuseWhenDead();
    return this.answered(this.inner.readStream(stream, from, most));
  }

  async readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    this.refuseWhenDead();
    return this.answered(this.inner.readAll(options));
  }

  async *pages(after?: Position, size?: number): AsyncGenerator<StoredEvent[]> {
    for await (const page of this.inner.pages(after, size)) {
      this.refuseWhenDead();
      yield page;
    }
  }

  async at(position: Position): Promise<StoredEvent | undefined> {
    this.refuseWhenDead();
    return this.answered(this.inner.at(position));
  }

  async head(): Promise<Position> {
    this.refuseWhenDead();
    return this.answered(this.inner.head());
  }

  subscribe(after: Position): Observable<StoredEvent[]> {
    if (this.isDead) return throwError(gone);
    return this.inner.subscribe(after).pipe(takeUntil(this.died));
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

function gone(): StoreUnavailableError {
  return new StoreUnavailableError('the process is dead', 'unknown');
}
