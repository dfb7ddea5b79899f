import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import {
  ConflictError,
  type NewEvent,
  StoreUnavailableError,
} from '../../src/event-store/event-store.js';
import { KurrentDbEventStore } from '../../src/event-store/kurrentdb/kurrentdb-event-store.js';
import { anEvent, ids } from '../contract/event-store/events.js';
import { KurrentDbServer, onOwnServer } from '../support/kurrentdb-server.js';

/** A server takes its time on a busy machine: this only ends what hangs. */
const LIMIT_MS = 300_000;

const STREAMS = 40;

/** Appends to one stream that are under way at once, each expecting the one before. */
const IN_A_ROW = 20;

const RETRY_MS = 20;

/** Whether an append is overtaken when the connection is made anew is a matter of chance. */
const KILLS = 2;

const prefixes = ['order-'];

/** Writes to one stream, and sends what was not acknowledged again, as it was. */
class Writer {
  /** The event of each revision. */
  readonly sent: NewEvent[] = [];
  /** How many of them are acknowledged. */
  acknowledged = 0;
  /** Told to an append whose predecessor, sent just before, was acknowledged. */
  readonly wrongConflicts: string[] = [];

  constructor(
    private readonly store: KurrentDbEventStore,
    readonly stream: string,
  ) {}

  async write(isOver: () => boolean): Promise<void> {
    while (!isOver() || this.acknowledged < this.sent.length) {
      if (this.acknowledged === this.sent.length) {
        this.sent.push(...Array.from({ length: IN_A_ROW }, (_, index) => anEvent(index)));
      }
      await this.sendRest();
    }
  }

  private async sendRest(): Promise<void> {
    const first = this.acknowledged;
    const answers = await Promise.allSettled(
      this.sent.slice(first).map((event, index) => {
        const revision = first + index;
        return this.store.append(this.stream, revision === 0 ? 'no-stream' : revision - 1, [event]);
      }),
    );
    answers.forEach((answer, index) => {
      const revision = first + index;
      const before = answers[index - 1]?.status ?? 'fulfilled';
      if (answer.status === 'rejected') this.refused(answer.reason, revision, before);
      else if (this.acknowledged === revision) this.acknowledged += 1;
    });
    if (this.acknowledged < this.sent.length) await pause(RETRY_MS);
  }

  private refused(error: unknown, revision: number, before: 'fulfilled' | 'rejected'): void {
    if (error instanceof StoreUnavailableError) return;
    if (!(error instanceof ConflictError)) throw error;
    if (before === 'fulfilled') this.wrongConflicts.push(`${revision}: ${error.message}`);
  }
}

onOwnServer('EventStoreDB that is killed and started again', () => {
  test(
    'has every acknowledged append once, and those of a stream in the order in which they were sent',
    async () => {
      const server = await KurrentDbServer.start({ isDurable: true });
      const store = await KurrentDbEventStore.open({ url: server.url, prefixes });
      const writers = Array.from(
        { length: STREAMS },
        (_, index) => new Writer(store, `order-${index}`),
      );
      const acknowledged = () => writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
      const more = async (count: number): Promise<void> => {
        const wanted = acknowledged() + count;
        while (acknowledged() < wanted) await pause(RETRY_MS);
      };
      let isOver = false;
      const writing = Promise.all(writers.map((writer) => writer.write(() => isOver)));

      await more(STREAMS * IN_A_ROW);
      for (let time = 1; time <= KILLS; time += 1) {
        await server.kill();
        await server.restart();
        await more(2 * STREAMS * IN_A_ROW);
      }
      isOver = true;
      await writing;

      expect(writers.flatMap(({ wrongConflicts }) => wrongConflicts)).toEqual([]);
      const sent = writers.reduce((sum, writer) => sum + writer.sent.length, 0);
      expect(await store.readAll({ limit: sent + 1 })).toHaveLength(sent);
      for (const writer of writers) {
        expect(ids(await store.readStream(writer.stream))).toEqual(ids(writer.sent));
      }
      await store.close();
    },
    LIMIT_MS,
  );
});
