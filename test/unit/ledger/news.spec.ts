import { expect, test } from '@jest/globals';
import { type EventStore, StoreUnavailableError } from '../../../src/event-store/event-store.js';
import { settings } from '../../support/facts.js';
import { gate } from '../../support/held-store.js';
import { back, sell } from '../../support/requests.js';
import { newSharedLog } from '../../support/shared-log.js';
import { BY, TestLedger } from '../../support/test-ledger.js';
import { letTimePass } from '../../support/time-passes.js';

/** How old what a node keeps in memory may be, as docs/decisions/0031 has it. */
const STALE_MS = 10_000;

/** A store that takes what is sent to it, and can be made to say nothing of what others have sent, or to say it later. */
class MuteStore {
  isMute = false;
  asked: () => void = () => undefined;
  until: Promise<void> = Promise.resolve();

  readonly wrap = (inner: EventStore): EventStore =>
    Object.assign(Object.create(inner) as EventStore, {
      head: async () => {
        if (this.isMute) throw new StoreUnavailableError('no answer', 'not-done');
        this.asked();
        await this.until;
        return inner.head();
      },
    });
}

/** Two nodes that have both heard of the first sale; `store`: that of the other. */
async function nodes() {
  const log = newSharedLog(() => 0);
  const store = new MuteStore();
  const one = await TestLedger.open(log);
  const other = await TestLedger.open(log, { wrap: store.wrap });
  await one.register('M1', settings(), { T1: 'S1' });
  await other.send(sell(1));
  return { one, other, store };
}

test('a node that can not be told what others have changed answers from memory for ten seconds, then not at all', async () => {
  const { one, other, store } = await nodes();

  store.isMute = true;
  await one.ledger.merchants.setRight('M1', 'void', 'frozen', 'too many voids', BY);
  expect(await other.send(sell(2))).toMatchObject({ answer: { status: 'open' } });
  const written = await one.log();

  letTimePass(STALE_MS);
  for (const late of [sell(3), back('void', 1, 4)]) {
    await expect(other.send(late)).rejects.toMatchObject({
      name: 'StoreUnavailableError',
      outcome: 'not-done',
    });
  }
  await expect(other.ledger.merchants.get('M1')).rejects.toThrow(StoreUnavailableError);
  await expect(other.ledger.keyring.find('0123456789ab')).rejects.toThrow(StoreUnavailableError);
  expect(await one.log()).toEqual(written);

  store.isMute = false;
  expect(await other.send(back('void', 1, 4))).toMatchObject({ refusal: { code: 'void-right' } });
  expect(await other.send(sell(3))).toMatchObject({ answer: { status: 'open' } });
});

test('a node that stood still while it asked asks once more', async () => {
  const { other, store } = await nodes();
  letTimePass(STALE_MS);
  const [asked, held] = [gate(), gate()];
  store.asked = asked.letGo;
  store.until = held.until;

  const asking = other.send(sell(2));
  await asked.until;
  letTimePass(STALE_MS);
  held.letGo();
  expect(await asking).toHaveProperty('answer');
});
