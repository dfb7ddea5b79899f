import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { KurrentDbCluster, KurrentDbServer, onOwnServer } from '../support/kurrentdb-server.js';
import { SaleLoad } from '../support/sale-load.js';
import { expectStatus, Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

/** Servers take their time on a busy machine: this only ends what hangs. */
const LIMIT_MS = 600_000;

const TERMINALS = 12;

onOwnServer('EventStoreDB under load', () => {
  async function underLoad(url: string) {
    const ledger = await Tillbook.start({ env: { EVENT_STORE_URL: url, LOG_LEVEL: 'silent' } });
    const shop = await Shop.open(ledger);
    const load = new SaleLoad(ledger, shop, TERMINALS);
    await load.more(100);
    return { ledger, shop, load };
  }

  /** The probes until the service says that it is ready, or that it is not. */
  async function readiness(ledger: Tillbook, status: number): Promise<void> {
    while ((await ledger.get('/health/ready')).status !== status) await pause(100);
  }

  /** What was acknowledged is in the log once, in the views once, and in the books once. */
  async function expectNothingLost(ledger: Tillbook, shop: Shop, load: SaleLoad): Promise<void> {
    const { position } = await shop.sell({ amount: 1_000 });
    const expected = [...load.taken].length + 1;
    const logged: string[] = [];
    for (let after: string | undefined = '0'.repeat(20); after !== undefined;) {
      const path = `/v1/audit/events?type=Sale&limit=1000&after=${after}`;
      const { body } = expectStatus(await ledger.get(path), 200);
      logged.push(...(body.events as { data: { saleId: string } }[]).map((e) => e.data.saleId));
      after = body.next as string | undefined;
    }
    expect(logged).toHaveLength(expected);
    const inLog = new Set(logged);
    expect(inLog.size).toBe(expected);
    expect([...load.taken].filter((saleId) => !inLog.has(saleId))).toEqual([]);
    const total = load.amount + 1_000;
    const path = `${shop.path}/balances?after=${position}`;
    let balances = await ledger.get(path);
    // A view that is behind says so and asks to come again.
    while (balances.status === 503) balances = await ledger.get(path);
    expectStatus(balances, 200);
    expect(balances.body).toMatchObject([{ currency: 'EUR', pending: total }]);
    const trial = expectStatus(await ledger.get('/v1/ledger/trial-balance'), 200);
    expect(trial.body.totals).toEqual([{ currency: 'EUR', debit: total, credit: total }]);
  }

  /** Read by whoever runs the tests: docs/operations.md says what was measured. */
  function tell(what: string, seconds: number, { others }: SaleLoad): void {
    const answers = [...others].map(([kind, count]) => `${count} times ${kind}`).join(', ');
    process.stdout.write(`${what}: first sale after ${seconds} s (${answers || 'no 503'})\n`);
  }

  test(
    'that is killed and started again loses nothing that was acknowledged, and doubles nothing',
    async () => {
      const server = await KurrentDbServer.start({ isDurable: true });
      const { ledger, shop, load } = await underLoad(server.url);

      await server.kill();
      await readiness(ledger, 503);
      expect((await ledger.get('/health/live')).status).toBe(200);
      const refused = await ledger.post('/v1/sales', shop.saleBody());
      expect(refused).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        body: { code: 'store-unavailable', responseCode: '96', nextStep: 'retry' },
      });

      const next = load.secondsToNext();
      await server.restart();
      tell('a server killed and started again', await next, load);
      await readiness(ledger, 200);
      await load.more(50);
      await load.stop();
      await expectNothingLost(ledger, shop, load);
    },
    LIMIT_MS,
  );

  test(
    'that stands still for twenty seconds goes on, and every request comes to one outcome',
    async () => {
      const server = await KurrentDbServer.start();
      const { ledger, shop, load } = await underLoad(server.url);

      server.signal('SIGSTOP');
      const next = load.secondsToNext();
      await readiness(ledger, 503);
      expect((await ledger.get('/health/live')).status).toBe(200);
      await pause(20_000);
      server.signal('SIGCONT');
      tell('a server that stood still for 20 s', await next, load);
      await readiness(ledger, 200);
      await load.more(50);
      await load.stop();
      await expectNothingLost(ledger, shop, load);
      // Nobody can know whether what was sent to it had been done.
      for (const [kind, { body }] of load.refused) {
        if (kind === '503 68') expect(body).toMatchObject({ code: 'outcome-unknown' });
      }
    },
    LIMIT_MS,
  );

  test(
    'of three nodes goes on when its leader is killed, twice',
    async () => {
      const cluster = await KurrentDbCluster.start();
      const { ledger, shop, load } = await underLoad(cluster.url);
      for (const time of ['first', 'second']) {
        const leader = await cluster.leader();
        await leader.kill();
        const seconds = await load.secondsToNext();
        tell(`a leader killed the ${time} time`, seconds, load);
        await load.more(50);
        await leader.restart();
        await cluster.settled();
      }
      await load.more(50);
      await load.stop();
      await readiness(ledger, 200);
      await expectNothingLost(ledger, shop, load);
    },
    LIMIT_MS,
  );
});
