import { setImmediate as turn } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { Bulk } from '../../../src/bulk/bulk.js';
import { StoreUnavailableError } from '../../../src/event-store/event-store.js';
import type { TerminalRequests } from '../../../src/sales/terminal-requests.js';

/** So many sales as bytes that are there at once, as those of a signed bulk. */
function sales(count: number): Readable {
  const lines = Array.from({ length: count }, (_, index) => {
    const stan = String(index + 1).padStart(6, '0');
    const request = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001', stan };
    const card = { token: 'tok', last4: '1234' };
    return `${JSON.stringify({ op: 'sale', ...request, amount: 100, currency: 'EUR', card })}\n`;
  });
  return Readable.from([Buffer.from(lines.join(''))]);
}

const ADMITTED = {
  caller: { scope: 'operator' },
  isAdmitted: () => Promise.resolve(true),
  isCutting: () => false,
  log: { info: () => undefined },
};

/** The answers of a bulk, and how many sales were begun for them. */
function bulk(count: number, sender: object = {}) {
  const taken = { count: 0 };
  const requests = {
    take: () => {
      taken.count += 1;
      return Promise.resolve({ status: 'open' });
    },
  } as unknown as TerminalRequests;
  const metrics = { command: () => undefined };
  const all = { ...ADMITTED, ...sender } as never;
  return { taken, answers: new Bulk(requests, metrics as never).answers(sales(count), all) };
}

async function statuses(answers: AsyncIterable<string>): Promise<number[]> {
  const texts: string[] = [];
  for await (const text of answers) texts.push(text);
  const lines = texts.join('').trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { status: number }).status);
}

describe('the lines of a bulk', () => {
  test('are done no more once nobody reads their answers', async () => {
    const { answers, taken } = bulk(2_000);
    await answers.next();
    await answers.return(undefined);
    for (let time = 0; time < 20; time += 1) await turn();
    expect(taken.count).toBeLessThan(1_100);
  });

  test('are done no more, and the next is answered so, once the service is about to cut it off', async () => {
    let asked = 0;
    const { answers, taken } = bulk(5, { isCutting: () => (asked += 1) > 2 });
    expect([await statuses(answers), taken.count]).toEqual([[200, 200, 503], 2]);
  });

  test('are answered though the store can not say whether the key still opens anything', async () => {
    const away = new StoreUnavailableError('nobody there', 'not-done');
    const { answers, taken } = bulk(5, { isAdmitted: () => Promise.reject(away) });
    expect([await statuses(answers), taken.count]).toEqual([[503], 0]);
  });
});
