import { setImmediate as turn } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { Bulk } from '../../../src/bulk/bulk.js';
import { StoreUnavailableError } from '../../../src/event-store/event-store.js';
import type { TerminalRequests } from '../../../src/sales/terminal-requests.js';

/** A line that asks for a sale. */
function sale(number: number, more: object = {}): string {
  const stan = String(number).padStart(6, '0');
  const request = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001', stan };
  const card = { token: 'tok', last4: '1234' };
  return JSON.stringify({ op: 'sale', ...request, amount: 100, currency: 'EUR', card, ...more });
}

const SALE = 'M1.T1.000001.000001';

/** One that would give it back. */
function back(op: string, saleId?: string): string {
  const request = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001', stan: '000009' };
  return JSON.stringify({ op, ...request, saleId, reason: 'wrong size' });
}

const sales = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${sale(index + 1)}\n`);

const ADMITTED = {
  caller: { scope: 'operator' },
  isAdmitted: () => Promise.resolve(true),
  isCutting: () => false,
  log: { info: () => undefined },
};

/** The answers of lines that are there at once, as those of a signed bulk, and how many sales were begun for them. */
function bulk(lines: readonly string[], sender: object = {}) {
  const taken = { count: 0 };
  const requests = {
    take: () => {
      taken.count += 1;
      return Promise.resolve({ status: 'open' });
    },
  } as unknown as TerminalRequests;
  const metrics = { command: () => undefined };
  const all = { ...ADMITTED, ...sender } as never;
  const sent = Readable.from([Buffer.from(lines.join(''))]);
  return { taken, answers: new Bulk(requests, metrics as never).answers(sent, all) };
}

async function statuses(answers: AsyncIterable<string>): Promise<number[]> {
  const texts: string[] = [];
  for await (const text of answers) texts.push(text);
  const lines = texts.join('').trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { status: number }).status);
}

describe('the lines of a bulk', () => {
  test('are done no more once nobody reads their answers', async () => {
    const { answers, taken } = bulk(sales(2_000));
    await answers.next();
    await answers.return(undefined);
    for (let time = 0; time < 20; time += 1) await turn();
    expect(taken.count).toBeLessThan(1_100);
  });

  test('are done no more, and the next is answered so, once the service is about to cut it off', async () => {
    let asked = 0;
    const { answers, taken } = bulk(sales(5), { isCutting: () => (asked += 1) > 2 });
    expect([await statuses(answers), taken.count]).toEqual([[200, 200, 503], 2]);
  });

  test('are answered though the store can not say whether the key still opens anything', async () => {
    const away = new StoreUnavailableError('nobody there', 'not-done');
    const { answers, taken } = bulk(sales(5), { isAdmitted: () => Promise.reject(away) });
    expect([await statuses(answers), taken.count]).toEqual([[503], 0]);
  });

  test('are done to the last, also where no newline ends it', async () => {
    const { answers, taken } = bulk([`${sale(1)}\n`, sale(2)]);
    expect([await statuses(answers), taken.count]).toEqual([[200, 200], 2]);
  });

  test.each([
    ['no object', 'null'],
    ['of an op that there is not, though objects have such', back('constructor', SALE)],
    ['a sale that says which it is', sale(1, { saleId: SALE })],
    ['a void that does not say of which', back('void')],
  ])('are refused where one is %s, and the next is done', async (_, line) => {
    const { answers, taken } = bulk([`${line}\n`, sale(2)]);
    expect([await statuses(answers), taken.count]).toEqual([[400, 200], 1]);
  });
});
