import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { remaining, statusOf } from '../../src/sales/domain/sale.js';
import { settings } from '../support/facts.js';
import { type Dice, dice, LossyNetwork, type Weather } from '../support/lossy-network.js';
import { type JournalSale, left, SimulatedTerminal } from '../support/simulated-terminal.js';
import { BY, type NewLog, TestLedger } from '../support/test-ledger.js';

/** So many terminals work at the same time in each run, each on a network of its own. */
const TERMINALS = 250;
const REQUESTS = 5;

/** From a network that loses hardly anything to one that loses nearly half. */
function weatherOf(roll: Dice): Weather {
  return { lost: roll() * 0.4, doubled: roll() * 0.5, late: roll() * 0.5 };
}

const SETTINGS = settings({
  voidPolicy: { partial: true },
  refundPolicy: { whileVoidable: 'allow' },
});

/** Terminals whose answers get lost, on any store. */
export function lostAnswersOn(name: string, newLog: NewLog, numRuns: number): void {
  describe(`terminals behind a bad network, on ${name}`, () => {
    jest.setTimeout(120_000);
    let testLedger: TestLedger;
    let merchants = 0;

    beforeAll(async () => {
      testLedger = await TestLedger.open(newLog());
    });

    test('in the end the terminal’s journal and the ledger agree to the penny', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), async (seed) => {
          merchants += 1;
          const merchantId = `LOST${merchants}`;
          const ids = Array.from({ length: TERMINALS }, (_, index) => `T${index}`);
          const terminals = Object.fromEntries(ids.map((id) => [id, 'S1']));
          await testLedger.register(merchantId, SETTINGS, terminals);
          const seeds = dice(seed);
          const worked = await Promise.all(
            ids.map((id) => workADay(merchantId, id, dice(seeds() * 2 ** 32))),
          );
          await testLedger.caughtUp();
          expect(pendingOf(merchantId)).toBe(
            worked.flatMap(({ sales }) => sales).reduce((sum, sale) => sum + standing(sale), 0n),
          );
          await Promise.all(worked.map(agree));
        }),
        { numRuns, endOnFailure: true },
      );
    });

    async function workADay(merchantId: string, terminalId: string, roll: Dice) {
      const network = new LossyNetwork(roll, weatherOf(roll));
      const terminal = new SimulatedTerminal(
        merchantId,
        terminalId,
        testLedger.ledger,
        network,
        roll,
      );
      await terminal.work(REQUESTS);
      await network.drain();
      return terminal;
    }

    function pendingOf(merchantId: string): bigint {
      return testLedger.views.books
        .balances(merchantId)
        .reduce((sum, balance) => sum + balance.pending, 0n);
    }

    async function agree(terminal: SimulatedTerminal): Promise<void> {
      for (const sale of terminal.sales) {
        const recorded = (await testLedger.ledger.saleQueries.sale(sale.saleId))?.sale;
        expect(recorded ? BigInt(remaining(recorded)) : 0n).toBe(standing(sale));
        if (recorded) expect(statusOf(recorded) === 'reversed').toBe(!sale.stands);
      }
      for (const [name, believed] of terminal.believed) {
        const outcome = (await testLedger.ledger.requestQueries.request(name))?.outcome;
        // Of a request that was refused before its reversal there was nothing to undo.
        expect(believed === 'never-arrived' && outcome === 'refused' ? believed : outcome).toBe(
          believed,
        );
      }
      expect(await close(terminal)).toMatchObject({ status: 'closed', reconciliation: 'matched' });
    }

    /** As a terminal does it: told that its batch is still closing, it asks again. */
    async function close(terminal: SimulatedTerminal) {
      const sent = { totals: terminal.totals() };
      for (;;) {
        const outcome = await testLedger.ledger.batches.close(terminal, sent, BY);
        if ('answer' in outcome && outcome.answer.status !== 'closing') return outcome.answer;
        expect(outcome).toHaveProperty('answer');
      }
    }
  });
}

function standing(sale: JournalSale): bigint {
  return sale.stands ? BigInt(left(sale)) : 0n;
}
