import { expect, jest, test } from '@jest/globals';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { decode } from '../../src/ledger/event-codec.js';
import { type Answer, HttpClient } from '../support/http-client.js';
import { keepingFaults } from '../support/keeping-faults.js';
import { MORNING, ServiceProcess } from '../support/tillbook.js';

jest.setTimeout(300_000);

const SHOP = '/v1/merchants/M1';
const TERMINALS = ['T1', 'T2', 'T3', 'T4', 'T5', 'T6'] as const;

/** Answers before each kill. */
const WANTED = [30, 120];

/** A request and what it was answered. */
interface Acknowledged {
  readonly path: string;
  readonly body: object;
  readonly answer: Answer;
}

const digits = (number: number): string => String(number).padStart(6, '0');

/** One terminal that sells, voids and now and then closes its batch, for as long as it is answered. */
async function trade(
  client: HttpClient,
  terminalId: string,
  firstBatch: number,
  told: (acknowledged: Acknowledged) => void,
): Promise<void> {
  const send = async (path: string, body: object): Promise<Answer> => {
    const answer = await client.post(path, body);
    told({ path, body, answer });
    return answer;
  };
  for (let batch = firstBatch; ; batch += 1) {
    const batchNo = digits(batch);
    const request = (stan: number) => ({
      merchantId: 'M1',
      terminalId,
      batchNo,
      stan: digits(stan),
    });
    for (let stan = 1; stan <= 12; stan += 2) {
      const card = { token: 'tok_1', last4: '4242' };
      const sale = await send('/v1/sales', {
        ...request(stan),
        amount: 1_000 + stan,
        currency: 'EUR',
        card,
      });
      const voids = `/v1/sales/${String(sale.body.saleId)}/voids`;
      await send(voids, { ...request(stan + 1), amount: 100, reason: 'wrong size' });
    }
    await send(`${SHOP}/terminals/${terminalId}/batches/${batchNo}/close`, {});
  }
}

/** Trades at every terminal until so much has been answered, and kills the service amid it. */
async function tradeAndKill(
  service: ServiceProcess,
  wanted: number,
  firstBatch: number,
): Promise<Acknowledged[]> {
  const client = new HttpClient(await service.listening());
  await setUp(client);
  const acknowledged: Acknowledged[] = [];
  let enough: () => void = () => undefined;
  const isEnough = new Promise<void>((resolve) => (enough = resolve));
  const trading = TERMINALS.map((terminalId) =>
    trade(client, terminalId, firstBatch, (one) => {
      acknowledged.push(one);
      if (acknowledged.length >= wanted) enough();
    }),
  );
  await Promise.race([isEnough, Promise.any(trading)]);
  await service.kill();
  // Each was waiting for an answer when the connection broke.
  const ended = await Promise.allSettled(trading);
  expect(ended.map(({ status }) => status)).toEqual(TERMINALS.map(() => 'rejected'));
  client.close();
  return acknowledged;
}

/** Far from every cut-off; partial voids, and a fee. Set to what it already is, it writes nothing. */
async function setUp(client: HttpClient): Promise<void> {
  await client.put('/v1/sandbox/clock', { now: MORNING });
  const names = { name: 'Corner shop', currency: 'EUR', timeZone: 'UTC' };
  const policy = { fee: { basisPoints: 60 }, voidPolicy: { partial: true } };
  await client.put(SHOP, { ...names, ...policy });
  for (const terminalId of TERMINALS) {
    await client.put(`${SHOP}/terminals/${terminalId}`, { storeId: 'S1' });
  }
}

test('whatever a service answered before kill -9 is there after it, and a repeat is a replay', async () => {
  const acknowledged: Acknowledged[] = [];
  let service = new ServiceProcess();
  const { folder } = service;
  for (const [round, wanted] of WANTED.entries()) {
    acknowledged.push(...(await tradeAndKill(service, wanted, round * 1_000 + 1)));
    service = new ServiceProcess({ folder });
    const client = new HttpClient(await service.listening());
    await setUp(client);
    for (const { path, body, answer } of acknowledged) {
      // It was still closing, and is closed by now.
      if (answer.status === 202) continue;
      const again = await client.post(path, body);
      expect([path, again.status, again.body]).toEqual([path, answer.status, answer.body]);
      if (answer.status === 201) expect(again.headers['idempotency-replayed']).toBe('true');
    }
    client.close();
  }
  for (const { answer } of acknowledged) expect([200, 201, 202]).toContain(answer.status);

  const client = new HttpClient(await service.listening());
  expect((await client.post(`${SHOP}/day-close`, {})).body).toMatchObject({ responseCode: '00' });
  await expectSums(client, folder);
  client.close();
  await service.stop();
});

/** The books come to what the log says of each sale: nothing is pending, and the trial balances. */
async function expectSums(client: HttpClient, folder: string): Promise<void> {
  expect(await keepingFaults(folder)).toEqual([]);
  const log = SqliteEventStore.openReader(folder);
  const events = (await log.readAll({ limit: Number.MAX_SAFE_INTEGER })).map(decode);
  const head = await log.head();
  await log.close();
  let [left, net] = [0, 0];
  for (const { event } of events) {
    if (event.type === 'Sale') left += event.data.amount;
    if (event.type === 'Void') left -= event.data.amount;
    if (event.type === 'Settled') {
      left -= event.data.net + event.data.fee + event.data.reserve;
      net += event.data.net;
    }
  }
  expect(left).toBe(0);
  const balances = await client.get(`${SHOP}/balances?after=${head}`);
  expect(balances.body).toMatchObject([{ currency: 'EUR', pending: 0, available: net }]);
  const trial = await client.get(`/v1/ledger/trial-balance?after=${head}`);
  const accounts = trial.body.accounts as { debit: number; credit: number }[];
  const sum = (side: 'debit' | 'credit') =>
    accounts.reduce((total, account) => total + account[side], 0);
  expect(sum('debit')).toBeGreaterThan(0);
  expect(sum('debit')).toBe(sum('credit'));
}
