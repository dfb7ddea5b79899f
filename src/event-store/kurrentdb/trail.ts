import { START as BEGINNING, streamNameFilter } from '@kurrent/kurrentdb-client';
import { Observable } from 'rxjs';
import {
  CorruptLogError,
  NoSuchPositionError,
  PAGE,
  type Position,
  type StoredEvent,
} from '../event-store.js';
import type { RenewableClient } from './connection.js';
import { pause } from './faults.js';
import type { LogReads } from './log-reads.js';
import { type LogPosition, logPosition, stored } from './stored-form.js';

/** The server says now and then how far it has looked: after so many events of others, times 32. */
const CHECKPOINT_INTERVAL = 32;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** An event that comes by itself costs three times what one of a page does: so much within a while is read in pages. */
const MANY_EVENTS = 50;
const WHILE_MS = 50;

/** A subscription that has said nothing for so long is asked about: whether the log has what it has not brought. */
const SILENCE_MS = 10_000;

/**
 * The log behind a position for as long as it is subscribed: what is there in large pages, then what comes. Whatever
 * breaks is taken up again from the last place, after a while that grows.
 */
export function trail(
  reader: RenewableClient,
  reads: LogReads,
  prefixes: readonly string[],
  after: Position,
): Observable<StoredEvent[]> {
  return new Observable((subscriber) => {
    const following = new Following(reader, reads, prefixes, after, (page) => {
      subscriber.next(page);
    });
    following.run().catch((error: unknown) => {
      subscriber.error(error);
    });
    return () => {
      following.stop();
    };
  });
}

class Following {
  private isStopped = false;
  /** Until then the position is only the subscriber's word. */
  private hasGiven = false;
  private wait = 0;
  /** How far the server has looked beyond the last event: where to go on without looking again. */
  private looked: LogPosition | undefined;
  private endLive: (() => void) | undefined;

  constructor(
    private readonly reader: RenewableClient,
    private readonly reads: LogReads,
    private readonly prefixes: readonly string[],
    private position: Position,
    private readonly emit: (page: StoredEvent[]) => void,
  ) {}

  /** Resolves once it is stopped. @throws CorruptLogError, NoSuchPositionError: what no waiting makes better */
  async run(): Promise<void> {
    while (!this.isStopped) {
      try {
        await this.follow();
      } catch (error) {
        if (error instanceof CorruptLogError) throw error;
        if (error instanceof NoSuchPositionError && !this.hasGiven) throw error;
        await this.rest();
      }
    }
  }

  stop(): void {
    this.isStopped = true;
    this.endLive?.();
  }

  /** For as long as nothing breaks. */
  private async follow(): Promise<void> {
    await this.catchUp();
    while (!this.isStopped) {
      await this.live();
      await this.keepUp();
    }
  }

  private async rest(): Promise<void> {
    this.wait = Math.min(Math.max(this.wait * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
    await pause(this.wait);
  }

  private async catchUp(): Promise<void> {
    if (this.looked) return;
    for await (const page of this.reads.pages(this.position, PAGE)) {
      this.give(page);
      if (this.isStopped) return;
    }
  }

  /** Page after page, for as long as much comes. */
  private async keepUp(): Promise<void> {
    for (let count = PAGE; count >= MANY_EVENTS && !this.isStopped;) {
      if (count < PAGE) await pause(WHILE_MS);
      const page = await this.reads.page({ after: this.position, limit: PAGE });
      this.give(page);
      count = page.length;
    }
  }

  /** Resolves when stopped, or when much comes; rejects when the subscription breaks. */
  private live(): Promise<void> {
    if (this.isStopped) return Promise.resolve();
    const from = this.looked ?? logPosition(this.position);
    const subscription = this.reader.client.subscribeToAll({
      fromPosition: from === 'start' ? BEGINNING : from,
      filter: streamNameFilter({
        prefixes: [...this.prefixes],
        checkpointInterval: CHECKPOINT_INTERVAL,
        checkpointReached: (_, place) => {
          if (hasEnded) return;
          // Behind what is still gathered, and so only once that has been given.
          flush();
          this.looked = place;
        },
      }),
    });
    let gathered: StoredEvent[] = [];
    let hasEnded = false;
    let [since, count] = [performance.now(), 0];
    const flush = (): void => {
      const page = gathered;
      gathered = [];
      this.give(page);
      count += page.length;
      const now = performance.now();
      if (now - since < WHILE_MS) return;
      if (count >= MANY_EVENTS) this.endLive?.();
      [since, count] = [now, 0];
    };
    return new Promise((resolve, reject) => {
      const end = (): void => {
        // What it still says must not end the one that has come after it.
        if (hasEnded) return;
        hasEnded = true;
        clearInterval(watching);
        this.endLive = undefined;
        void subscription.unsubscribe().catch(() => undefined);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
      };
      const watching = this.watch(fail);
      this.endLive = () => {
        end();
        resolve();
      };
      subscription.on('data', ({ event }) => {
        if (!event || hasEnded) return;
        try {
          gathered.push(stored(event));
        } catch (error) {
          fail(error as Error);
          return;
        }
        if (gathered.length === 1) setImmediate(flush);
        else if (gathered.length === PAGE) flush();
      });
      subscription.on('error', fail);
      subscription.on('end', () => {
        fail(new Error('the subscription has ended'));
      });
    });
  }

  /**
   * Calls `fail` when nothing has come for a whole while though the log had something: a node that is cut off from the
   * others, or a proxy that has lost it, keeps a connection that brings nothing.
   */
  private watch(fail: (error: Error) => void): NodeJS.Timeout {
    let before = this.position;
    let head = before;
    return setInterval(() => {
      if (this.position > before) {
        before = this.position;
      } else if (head > this.position) {
        this.looked = undefined;
        this.reader.renew();
        fail(new Error('the subscription does not bring what the log has'));
      } else {
        // A log that can't be read says nothing of the subscription.
        this.reads.head().then(
          (found) => (head = found),
          () => undefined,
        );
      }
    }, SILENCE_MS);
  }

  private give(page: StoredEvent[]): void {
    const last = page.at(-1);
    if (!last || this.isStopped) return;
    this.position = last.position;
    this.hasGiven = true;
    this.looked = undefined;
    this.wait = 0;
    this.emit(page);
  }
}
