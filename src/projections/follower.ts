import { setTimeout as pause } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import type { EventStore, Position, StoredEvent } from '../event-store/event-store.js';
import {
  NoSuchPositionError,
  POSITION_DIGITS,
  START,
  StoreUnavailableError,
  toPosition,
} from '../event-store/event-store.js';
import { Arrival } from './arrival.js';
import type { Projector, Standing } from './projector.js';
import { isInTheWay } from './file-faults.js';

/** Events of one commit at the most: what a reader of the views waits for, and other work of the thread. */
const BATCH_EVENTS = 5_000;

/**
 * Events that come one by one are gathered for so long, so that not each of them costs a commit. When many have come
 * by then, more are waited for: of many merchants' sales in one commit, the pages of the indexes are written once, which
 * is most of what a view costs. Whoever waits for one of them does not wait for this.
 */
const GATHER_MS = 50;
const MANY_EVENTS = 50;
const GATHER_MANY_MS = 500;

/** When the log can't be read or the views can't be written, the next try comes after this. */
const RETRY_MS = 1_000;

/**
 * Where a view stands. `catching-up`: not yet at the log's end, or kept from it by what `reason` says. A stopped one
 * stands before the event that it can't digest.
 */
export interface ProjectionState extends Standing {
  readonly status: 'live' | 'catching-up' | 'stopped';
  /** Why it is stopped or held up. */
  readonly reason?: string;
  /** The reason of a stopped one. */
  readonly stoppedBy?: string;
  /** Where the log ended when this process began; absent once the view has been there, and tells of all that was. */
  readonly due?: Position;
}

/** No log is so long. */
const LAST = toPosition(10n ** BigInt(POSITION_DIGITS) - 1n);

/** Keeps a projector up with the log: in big steps while it is behind, in small ones then. */
export class Follower {
  /** What has come and is not applied. */
  private readonly gathered: StoredEvent[] = [];
  private received: Position = START;
  /** Someone waits for the views to get here. */
  private wanted: Position = START;
  /** The log's end when it was last asked for, and when it first was. */
  private head: Position = START;
  private firstHead: Position | undefined;
  private reading: Subscription | undefined;
  private pulling: Promise<void> | undefined;
  private gathering: NodeJS.Timeout | undefined;
  private retrying: NodeJS.Timeout | undefined;
  /** Whether views are yet to be asked what they may leave out by now. */
  private isDecisionDue = false;
  private trouble: string | undefined;
  private isBroken = false;
  private isClosed = false;
  /** How often it has begun. */
  private starts = 0;

  /** `tell` is called whenever a view has moved or its status has changed. */
  constructor(
    private readonly projector: Projector,
    private readonly store: EventStore,
    private readonly tell: (states: readonly ProjectionState[]) => void,
  ) {}

  /** Begins to follow, from where the view stands that is furthest behind. */
  async start(): Promise<void> {
    clearTimeout(this.retrying);
    this.retrying = undefined;
    if (this.isPaused()) return;
    this.starts += 1;
    const { starts } = this;
    let decisions;
    try {
      // What was met while the log could not be asked for it is not met again.
      if (this.isDecisionDue) decisions = await this.projector.decisions();
      this.head = await this.store.head();
    } catch (error) {
      this.fail(error);
      return;
    }
    this.firstHead ??= this.head;
    // Who has begun since goes on alone.
    if (this.isPaused() || starts !== this.starts) return;
    if (decisions) {
      for (const [view, skipped] of decisions) view.resume(skipped);
      this.isDecisionDue = false;
    }
    // Also when every view has stopped: a decision may come that lets one go on.
    const from = this.projector.position() ?? this.projector.furthest();
    this.received = from;
    if (!this.isBehind()) this.trouble = undefined;
    this.tell(this.states());
    this.reading = this.store.subscribe(from).subscribe({
      next: (page) => {
        this.receive(page);
      },
      error: (error: unknown) => {
        this.fail(error);
      },
    });
  }

  private isPaused(): boolean {
    return this.isClosed || this.isBroken || this.retrying !== undefined;
  }

  states(): ProjectionState[] {
    const isBehind = this.isBehind();
    const due = this.firstHead ?? LAST;
    return this.projector.standings().map((stands) => {
      const standing = stands.position < due ? { ...stands, due } : stands;
      const stoppedBy = standing.stop?.reason;
      const reason = stoppedBy ?? this.trouble;
      if (reason === undefined) return { ...standing, status: isBehind ? 'catching-up' : 'live' };
      if (stoppedBy === undefined && !this.isBroken) {
        return { ...standing, status: 'catching-up', reason };
      }
      return { ...standing, status: 'stopped', reason, stoppedBy: reason };
    });
  }

  private isBehind(): boolean {
    return (this.projector.position() ?? this.head) < this.head;
  }

  /** Someone waits for this position: once it is here, no more is gathered first. */
  hurry(position: Position): void {
    if (position > this.wanted) this.wanted = position;
    if (this.isPaused()) return;
    if (this.received >= position) this.flush();
    if (this.isBehind()) return;
    this.pulling ??= this.pull().finally(() => {
      this.pulling = undefined;
    });
  }

  /** Reads what the subscription has not brought yet: a store that looks for news now and then would take its time. */
  private async pull(): Promise<void> {
    const { reading } = this;
    try {
      while (this.received < this.wanted && reading) {
        const page = await this.store.readAll({ after: this.received, limit: BATCH_EVENTS });
        // One that has begun again meanwhile is further back: it would take this for all that there is up to here.
        if (page.length === 0 || this.reading !== reading) return;
        this.receive(page);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Both the subscription and `pull` bring pages; each may repeat what the other brought. */
  private receive(page: readonly StoredEvent[]): void {
    const last = page.at(-1);
    if (!last || last.position <= this.received || this.isPaused()) return;
    for (const event of page) if (event.position > this.received) this.gathered.push(event);
    this.received = last.position;
    const isBehindWanted = (this.projector.position() ?? this.wanted) < this.wanted;
    const isWantedHere = isBehindWanted && this.received >= this.wanted;
    const isEndHere = this.isBehind() && this.received >= this.head;
    if (isWantedHere || isEndHere || this.gathered.length >= BATCH_EVENTS) this.flush();
    else {
      this.gathering ??= setTimeout(() => {
        this.gatherMore();
      }, GATHER_MS);
    }
  }

  private gatherMore(): void {
    if (this.gathered.length < MANY_EVENTS) this.flush();
    else this.flushIn(GATHER_MANY_MS - GATHER_MS);
  }

  private flushIn(milliseconds: number): void {
    this.gathering = setTimeout(() => {
      this.flush();
    }, milliseconds);
  }

  private flush(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    if (this.gathered.length === 0) return;
    const batch = this.gathered.splice(0, BATCH_EVENTS);
    try {
      this.projector.apply(batch);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.trouble = undefined;
    if (batch.some(({ type }) => type === 'EventSkipped')) {
      // A view that goes on by it has yet to see what came since it stopped: nothing else may come to it before.
      this.isDecisionDue = true;
      this.letGo();
      void this.start();
    }
    if (this.gathered.length > 0) this.flushIn(0);
    if (batch.length === BATCH_EVENTS) void this.askForHead();
    this.tell(this.states());
  }

  /**
   * Puts a view that was built anew in the place of the live one: first it gets as far as any view is, and as the log
   * was received.
   * @throws Error when it can't; the live one goes on then
   */
  async adopt(name: string, generation: number): Promise<void> {
    const successor = await this.projector.successor(name, generation);
    try {
      let page: readonly StoredEvent[] | undefined;
      // What has been received comes to no view again, also where each had stopped.
      do {
        // Another node of a server may have brought what this one does not have yet.
        if (page?.length === 0) await pause(GATHER_MS);
        page = await this.store.readAll({ after: successor.position, limit: BATCH_EVENTS });
        successor.apply(page.map((stored) => new Arrival(stored)));
        if (successor.stopped) throw new Error(successor.stopped.reason);
        if (this.isClosed) throw new Error('the views are closed');
      } while ([this.projector.furthest(), this.received].some((at) => at > successor.position));
      this.projector.takeOver(successor);
    } catch (error) {
      successor.close();
      throw error;
    }
    this.tell(this.states());
  }

  /** A full batch says that there was more to read than gathers in a moment. */
  private async askForHead(): Promise<void> {
    try {
      this.head = await this.store.head();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Begins again after a while where what is in the way may go away; else every view is stopped. */
  private fail(error: unknown): void {
    if (this.isClosed || this.isBroken) return;
    this.letGo();
    this.trouble = (error as Error).message;
    this.isBroken = !(isOfServer(error) || isInTheWay(error));
    if (!this.isBroken) this.retrying ??= setTimeout(() => void this.start(), RETRY_MS);
    this.tell(this.states());
  }

  private letGo(): void {
    this.reading?.unsubscribe();
    this.reading = undefined;
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.gathered.length = 0;
  }

  /** What is not applied by now is read again next time. */
  close(): void {
    this.isClosed = true;
    this.letGo();
    clearTimeout(this.retrying);
    this.projector.close();
  }
}

/** The views have been where they go on from: a server that knows of no such place may have lost its leader just then. */
function isOfServer(error: unknown): boolean {
  return error instanceof StoreUnavailableError || error instanceof NoSuchPositionError;
}
