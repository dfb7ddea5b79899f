import { describe, expect, test } from '@jest/globals';
import { exported, ndjson } from '../../src/audit/export.js';
import { lines } from '../../src/audit/lines.js';
import { restore } from '../../src/audit/restore.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { settings } from '../support/facts.js';
import { back, close, sell } from '../support/requests.js';
import { afterSuite, newFolder } from '../support/store-folder.js';
import { newKurrentDbLog, TestLedger } from '../support/test-ledger.js';

describe('a ledger that moves house', () => {
  const embedded = async (): Promise<EventStore> => {
    const store = await SqliteEventStore.open(newFolder(), 'inline');
    afterSuite(() => store.close());
    return store;
  };

  const onServer = async (): Promise<EventStore> => {
    const store = await newKurrentDbLog().open();
    afterSuite(() => store.close());
    return store;
  };

  async function exportOf(store: EventStore): Promise<string[]> {
    const text: string[] = [];
    const pages = exported(store, undefined, () => undefined);
    for await (const line of lines(ndjson(pages))) text.push(line);
    return text;
  }

  async function* each(text: readonly string[]) {
    for (const line of text) yield await Promise.resolve(line);
  }

  const withoutPosition = (line: string): unknown => {
    const { position, ...rest } = JSON.parse(line) as { position: string };
    expect(position).toMatch(/^\d{20}$/);
    return rest;
  };

  test('from the embedded store to EventStoreDB and back keeps every event, in order, and its answers', async () => {
    const ledger = await TestLedger.open();
    await ledger.register('M1', settings(), { T1: 'S1' });
    const answers = new Map(
      await Promise.all(
        [sell(1), sell(2), sell(3)].map(async (sale) => [sale, await ledger.send(sale)] as const),
      ),
    );
    await ledger.send(back('void', 2, 4));
    await ledger.send(close());
    const first = await exportOf(ledger.store);

    const server = await onServer();
    expect(await restore(server, each(first))).toBe(first.length);
    const second = await exportOf(server);
    expect(second.map(withoutPosition)).toEqual(first.map(withoutPosition));

    const home = await embedded();
    await restore(home, each(second));
    expect(await exportOf(home)).toEqual(first);

    const moved = await TestLedger.open({
      open: () => Promise.resolve(server),
      remove: () => undefined,
    });
    for (const [sale, answer] of answers) {
      const again = await moved.send(sale);
      expect(again).toMatchObject({ replayed: true });
      const { saleId, rrn } = (again as { answer: Record<string, string> }).answer;
      expect((answer as { answer: object }).answer).toMatchObject({ saleId, rrn });
    }

    await expect(restore(server, each(first))).rejects.toThrow('empty');
    await expect(restore(home, each(second))).rejects.toThrow('empty');
  });
});
