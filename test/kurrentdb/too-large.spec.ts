import { expect, test } from '@jest/globals';
import { KurrentDbServer, onOwnServer } from '../support/kurrentdb-server.js';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

/** A server and a service: a busy machine takes its time. */
const LIMIT_MS = 300_000;

const MEGABYTE = String(1024 * 1024);

/** As many as fit into a body, and with what the event says beside them no more into a megabyte. */
const ITEMS = 24_380;

onOwnServer('EventStoreDB that takes a megabyte at once', () => {
  test(
    'refuses a close of more, and does the next',
    async () => {
      const server = await KurrentDbServer.start({
        settings: {
          EVENTSTORE_MAX_APPEND_SIZE: MEGABYTE,
          // Newer versions have a limit for one event, too; since 25.1 it may not be more than that of all.
          EVENTSTORE_MAX_APPEND_EVENT_SIZE: MEGABYTE,
          EVENTSTORE_ALLOW_UNKNOWN_OPTIONS: 'true',
        },
      });
      const ledger = await Tillbook.start({ env: { EVENT_STORE_URL: server.url } });
      const shop = await Shop.open(ledger);
      await shop.sell();
      const items = Array.from({ length: ITEMS }, (_, index) => ({
        stan: String(index + 1).padStart(6, '0'),
        kind: 'sale',
        amount: 1,
      }));

      const refused = await shop.closeBatch({ items });
      expect([refused.status, refused.body.code]).toEqual([413, 'too-large']);
      expect((await ledger.get('/health/ready')).status).toBe(200);
      const closed = await shop.closeBatch({ items: items.slice(0, 20_000) });
      expect([closed.status, closed.body['differences']]).toEqual([200, expect.any(Array)]);
      expect(closed.body).toMatchObject({ status: 'closed', differencesLeftOut: 15_000 });
    },
    LIMIT_MS,
  );
});
