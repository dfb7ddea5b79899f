import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Answered, NDJSON, sendBulk } from '../support/bulk.js';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { Tillbook } from '../support/tillbook.js';
import { operatorKey } from '../support/tool.js';

let ledger: Tillbook;
let shop: Shop;
let key: string;

beforeAll(async () => {
  const folder = newFolder();
  const operator = await operatorKey(folder);
  ledger = await Tillbook.start({ folder, key: operator, env: { AUTH: 'keys' } });
  shop = await Shop.open(ledger, { voidPolicy: { partial: true } });
  const { merchantId } = shop;
  key = (await ledger.post('/v1/keys', { scope: 'merchant', merchantId })).body.key as string;
});

const sale = (fields: object = {}) => ({ op: 'sale', ...shop.saleBody(fields) });

function giveBack(op: string, saleId: string, fields: object = {}) {
  return { op, saleId, ...shop.request(), reason: 'wrong amount', ...fields };
}

const saleIdOf = (line: Record<string, unknown>): string =>
  ['merchantId', 'terminalId', 'batchNo', 'stan'].map((name) => String(line[name])).join('.');

const send = (lines: readonly (object | string)[], asker = ledger.as(key)) =>
  sendBulk(asker, lines);

/** A bulk whose lines are sent one by one. */
class OpenBulk {
  private readonly outgoing;
  private readonly answers: Promise<AsyncIterator<string>>;

  constructor(askersKey: string) {
    this.outgoing = request(new URL('/v1/bulk', ledger.url), {
      method: 'POST',
      headers: { ...NDJSON, authorization: `Bearer ${askersKey}` },
    });
    this.answers = new Promise((resolve, reject) => {
      this.outgoing.on('error', reject);
      this.outgoing.on('response', (incoming) => {
        incoming.on('error', () => undefined);
        resolve(createInterface({ input: incoming })[Symbol.asyncIterator]());
      });
    });
  }

  async answer(line: object): Promise<Answered> {
    this.outgoing.write(`${JSON.stringify(line)}\n`);
    const { value } = await (await this.answers).next();
    return JSON.parse(value as string) as Answered;
  }

  hangUp(): void {
    this.outgoing.destroy();
  }

  /** Whether no answer follows. */
  async end(): Promise<boolean> {
    this.outgoing.end();
    return (await (await this.answers).next()).done === true;
  }
}

describe('POST /v1/bulk', () => {
  test('answers each line with its own status, in order, and a bad line fails alone', async () => {
    const first = sale();
    const answers = await send([
      first,
      giveBack('void', saleIdOf(first), { amount: 4_000 }),
      'not JSON',
      giveBack('reversal', saleIdOf(first)),
      giveBack('void', saleIdOf(first)),
      '',
      sale({ amount: 0 }),
      { op: 'gift', ...shop.request() },
      giveBack('void', saleIdOf(first), { reason: '4111 1111 1111 1111' }),
      sale(),
    ]);

    expect(answers.map(({ line, status }) => [line, status])).toEqual([
      ...[
        [1, 201],
        [2, 201],
        [3, 400],
        [4, 201],
        [5, 409],
      ],
      ...[
        [7, 400],
        [8, 400],
        [9, 400],
        [10, 201],
      ],
    ]);
    expect(answers[1]?.body).toMatchObject({ amount: 4_000, remaining: 6_000 });
    expect(answers[3]?.body).toMatchObject({ kind: 'void', amount: 6_000, status: 'voided' });
    expect(answers[4]?.body).toMatchObject({ code: 'amount-remaining', responseCode: '12' });
    expect(JSON.stringify(answers)).not.toContain('4111');
  });

  test('says what the route of the line would say, also when it is repeated', async () => {
    const line = sale();
    const [first] = await send([line]);
    const [again] = await send([line]);
    expect(again).toEqual({ line: 1, status: 201, replayed: true, body: first?.body });
    const { op, ...body } = line;
    const single = await ledger.post('/v1/sales', body);
    expect([op, single.body]).toEqual(['sale', first?.body]);
    expect(single.headers['idempotency-replayed']).toBe('true');
  });

  test('keeps the lines of one sale in their order, with hundreds of others between', async () => {
    const sold = Array.from({ length: 200 }, () => sale());
    const voided = sold.map((line) => giveBack('void', saleIdOf(line)));
    const lines = sold.flatMap((line, index) => [line, voided[index] ?? {}]);
    const answers = await send(lines);
    expect(answers.map(({ status }) => status)).toEqual(lines.map(() => 201));
    expect(answers.map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1));
  });

  test('shows nothing of another merchant', async () => {
    const other = await Shop.open(ledger);
    const { saleId } = await other.sell();
    const [sold, voided] = await send([
      { op: 'sale', ...other.saleBody() },
      giveBack('void', saleId),
    ]);
    expect([sold?.status, sold?.body.code]).toEqual([404, 'unknown-merchant']);
    expect([voided?.status, voided?.body.code]).toEqual([404, 'sale-approved']);
  });

  test('takes a line of 64 KiB, and none that is longer', async () => {
    const most = JSON.stringify(sale()).padEnd(65_536);
    const answers = await send([most, `${most} `]);
    expect(answers.map(({ status }) => status)).toEqual([201, 413]);
  });

  test('takes 10 000 lines, and says of the one behind them that it is too many', async () => {
    const bad = Array.from({ length: 10_003 }, () => '{}');
    const answers = await send(bad);
    expect(answers.length).toBe(10_001);
    expect(answers.at(-2)).toMatchObject({ line: 10_000, status: 400 });
    expect(answers.at(-1)).toMatchObject({ line: 10_001, status: 413 });
  });

  test('counts no blank line as a command', async () => {
    const answers = await send(['', ...Array.from({ length: 10_001 }, () => '{}\n')]);
    expect(answers.length).toBe(10_001);
    expect(answers[0]).toMatchObject({ line: 2, status: 400 });
    expect(answers.at(-2)).toMatchObject({ line: 20_000, status: 400 });
    expect(answers.at(-1)).toMatchObject({ line: 20_002, status: 413 });
  });

  test('answers a line before the next is sent', async () => {
    const bulk = new OpenBulk(key);
    for (let line = 1; line <= 3; line += 1) {
      expect(await bulk.answer(sale())).toMatchObject({ line, status: 201 });
    }
    expect(await bulk.end()).toBe(true);
  });

  test('takes no line more once its key is revoked', async () => {
    const { merchantId } = shop;
    const added = await ledger.post('/v1/keys', { scope: 'merchant', merchantId });
    const bulk = new OpenBulk(added.body.key as string);
    const taken = sale();
    expect(await bulk.answer(taken)).toMatchObject({ status: 201 });
    await ledger.post(`/v1/keys/${added.body.keyId}/revoke`, {});
    const refused = await bulk.answer(giveBack('void', saleIdOf(taken)));
    expect(refused).toMatchObject({ line: 2, status: 401, body: { code: 'unauthenticated' } });
    expect(await bulk.end()).toBe(true);
    const { body } = await ledger.get(`/v1/sales/${saleIdOf(taken)}`);
    expect(body.status).toBe('open');
  });

  test('does what was sent by one who hangs up, and tells of no fault', async () => {
    const bulk = new OpenBulk(key);
    const taken = sale();
    expect(await bulk.answer(taken)).toMatchObject({ status: 201 });
    bulk.hangUp();
    await ledger.service.writes('the sender of a bulk has hung up');
    expect((await ledger.get(`/v1/sales/${saleIdOf(taken)}`)).status).toBe(200);
    await ledger.get('/health/live', { 'x-request-id': 'behind-the-hang-up' });
    await ledger.service.writes('behind-the-hang-up');
    expect(ledger.service.output).not.toMatch(/"level":50|ERROR/);
  });

  test('refuses a line whose bytes are no UTF-8, and it alone', async () => {
    const [before, behind] = JSON.stringify(sale({ operatorId: '?' })).split('?');
    const bytes = [
      Buffer.from(before ?? ''),
      Buffer.from([0xbd, 0xf0]),
      Buffer.from(`${behind ?? ''}\n`),
    ];
    const lines = Buffer.concat([...bytes, Buffer.from(`${JSON.stringify(sale())}\n`)]);

    const { text } = await ledger.post('/v1/bulk', lines, NDJSON);

    const answers = text.trimEnd().split('\n');
    expect(answers.map((line) => JSON.parse(line) as object)).toMatchObject([
      { line: 1, status: 400, body: { code: 'malformed' } },
      { line: 2, status: 201 },
    ]);
  });

  test('takes lines and nothing else, and other routes take no lines', async () => {
    expect((await ledger.post('/v1/bulk', {})).status).toBe(415);
    expect((await ledger.post('/v1/bulk')).status).toBe(415);
    expect((await ledger.post('/v1/sales', '{}\n', NDJSON)).status).toBe(415);
  });
});
