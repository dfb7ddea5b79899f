import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Answer } from '../support/http-client.js';
import { CARD, expectStatus, Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

beforeEach(async () => {
  await ledger.setClock(MORNING);
  shop = await Shop.open(ledger);
});

const ask = (saleId: string, query = ''): Promise<Answer> =>
  ledger.get(`/v1/sales/${saleId}/voidability${query}`);

interface Condition {
  readonly code: string;
  readonly for: string;
  readonly met: boolean;
}

/** The conditions that are not met, as `void within-window`. */
const unmet = ({ body }: Answer): string[] =>
  (body.conditions as Condition[])
    .filter(({ met }) => !met)
    .map((condition) => `${condition.for} ${condition.code}`);

describe('GET /v1/sales/{saleId}/voidability', () => {
  test('answers every condition with its reason in two languages, and what follows', async () => {
    const { saleId, position } = await shop.sell();

    const { status, body } = await ask(saleId);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      saleId,
      decision: 'void',
      void: { allowed: true, maxAmount: 10_000, until: '2026-03-03T00:00:00.000Z' },
      refund: { allowed: false, maxAmount: 0 },
      requires: [],
      explanation: { en: expect.any(String), zh: expect.stringMatching(/^可以撤销/) },
      asOf: { time: MORNING },
    });
    expect(body.asOf.position >= position).toBe(true);
    const codes = (body.conditions as Condition[]).map((each) => `${each.for} ${each.code}`);
    expect(codes).toEqual(
      expect.arrayContaining([
        'void sale-approved',
        'void same-merchant',
        'void amount-remaining',
        'void not-refunded',
        'void funds-not-settled',
        'void same-business-date',
        'void day-open',
        'void within-window',
        'void void-right',
        'void card-usable',
        'void amount-allowed',
        'refund not-voidable',
        'refund refund-right',
        'refund within-refund-window',
      ]),
    );
    expect(body.conditions[0]).toEqual({
      code: 'sale-approved',
      for: 'void',
      met: true,
      detail: 'The sale was approved.',
      message: { en: 'The sale was approved.', zh: '原消费已批准。' },
    });
  });

  test('says refund once the sale has settled, and why', async () => {
    const { saleId } = await shop.sell();
    expectStatus(await ledger.post(`/v1/sales/${saleId}/settle`), 200);

    const answer = expectStatus(await ask(saleId), 200);

    expect(answer.body.decision).toBe('refund');
    expect(answer.body.refund).toMatchObject({ allowed: true, maxAmount: 10_000 });
    expect(unmet(answer)).toEqual(['void funds-not-settled']);
    expect(answer.body.explanation.en).toContain('The sale settled at');
  });

  test('tells the cashier times by the clocks of the merchant’s zone', async () => {
    await shop.set({ timeZone: 'Asia/Kathmandu', dayCloseAt: '23:30' });
    const { saleId } = await shop.sell();
    const told = async (code: string) =>
      (await ask(saleId)).body.conditions.find((each: { code: string }) => each.code === code)
        .message as object;

    expect(await told('same-business-date')).toEqual({
      en: 'Business date 2026-03-02 runs until 2026-03-02 23:30:00 +05:45.',
      zh: '结算日 2026-03-02 于 2026-03-02 23:30:00 +05:45 截止。',
    });
    expectStatus(await ledger.post(`/v1/sales/${saleId}/settle`), 200);
    expect(await told('funds-not-settled')).toEqual({
      en: 'The sale settled at 2026-03-02 15:45:00 +05:45.',
      zh: '原消费已于 2026-03-02 15:45:00 +05:45 结算。',
    });
    await ledger.setClock('2026-03-02T17:45:00Z');
    expect(await told('same-business-date')).toMatchObject({
      en: 'Business date 2026-03-02 ended at 2026-03-02 23:30:00 +05:45.',
    });
  });

  test('is about the amount asked for', async () => {
    const { saleId } = await shop.sell();

    const part = await ask(saleId, '?amount=1');
    const all = await ask(saleId, '?amount=10000');
    const more = await ask(saleId, '?amount=10001');

    expect(unmet(part)).toEqual(['void amount-allowed']);
    expect(part.body).toMatchObject({ decision: 'refund', void: { maxAmount: 10_000 } });
    expect(all.body.decision).toBe('void');
    expect(more.body.decision).toBe('none');
    expect(unmet(more)).toEqual(['void amount-allowed', 'refund amount-allowed']);
  });

  test('is about the merchant that asks', async () => {
    const { saleId } = await shop.sell();

    const own = await ask(saleId, `?merchantId=${shop.merchantId}`);
    const other = await ask(saleId, '?merchantId=Other');

    expect(own.body.decision).toBe('void');
    expect(other.body.decision).toBe('none');
    expect(unmet(other)).toEqual(['void same-merchant', 'refund same-merchant']);
  });

  test('can be asked as of a past time and as of a position', async () => {
    const { saleId, position } = await shop.sell();
    await ledger.setClock('2026-03-02T11:00:00Z');
    const { body: voided } = await shop.void(saleId);

    const now = await ask(saleId);
    const before = await ask(saleId, '?at=2026-03-02T10:30:00Z');
    const then = await ask(saleId, `?position=${position}`);
    const earlier = await ask(saleId, '?at=2026-03-02T09:59:59Z');

    expect(now.body.decision).toBe('none');
    expect(before.body).toMatchObject({
      decision: 'void',
      asOf: { time: '2026-03-02T10:30:00.000Z' },
    });
    expect(then.body).toMatchObject({ decision: 'void', asOf: { position } });
    expect(earlier.body.decision).toBe('none');
    expect(voided.position > position).toBe(true);
  });

  test('as of the end of the log says the same later, and when the log has gone on', async () => {
    await shop.set({ voidPolicy: { windowMinutes: 10 } });
    const { saleId, position } = await shop.sell();
    const first = await ask(saleId, `?position=${position}`);
    await ledger.setClock('2026-03-02T11:00:00Z');
    const later = await ask(saleId, `?position=${position}`);
    await shop.sell();
    const behind = await ask(saleId, `?position=${position}`);

    expect(first.body).toMatchObject({ decision: 'void', asOf: { position } });
    expect([later.body, behind.body]).toEqual([first.body, first.body]);
    expect((await ask(saleId)).body.decision).toBe('refund');
  });

  test('of a position that the log has not reached nobody can say: 400', async () => {
    const { saleId, position } = await shop.sell();
    const next = String(BigInt(position) + 1_000_000n).padStart(20, '0');

    const { status, body } = await ask(saleId, `?position=${next}`);

    expect([status, body.code]).toEqual([400, 'malformed']);
    expect(body.errors).toEqual([{ field: 'position', message: 'is beyond the end of the log' }]);
  });

  test('as of a time at which the clock had stood before is of what was in the log by then', async () => {
    const { saleId } = await shop.sell();
    await ledger.setClock('2026-03-02T13:00:00Z');
    const original = shop.request();
    await shop.void(saleId, original);
    await ledger.setClock('2026-03-02T12:30:00Z');
    expectStatus(await shop.timeOut(original), 200);
    const { status, body } = await ask(saleId, '?at=2026-03-02T12:45:00Z');
    expect([status, body.decision]).toEqual([200, 'void']);
  });

  test('as of a time before its merchant was registered, with settings that were changed by then', async () => {
    await ledger.setClock('2026-03-02T09:00:00Z');
    await shop.set({ voidPolicy: { partial: true } });
    const { saleId } = await shop.sell();
    const { status, body } = await ask(saleId, '?at=2026-03-02T09:30:00Z&amount=6');
    expect([status, body.decision]).toEqual([200, 'void']);
  });

  test.each(['%2B25:00', '%2B14:60', '-99:99'])(
    'of no time there is is malformed: %s',
    async (zone) => {
      const { saleId } = await shop.sell();
      expectStatus(await ask(saleId, `?at=2026-03-02T10:30:00${zone}`), 400);
    },
  );

  test('of the past knows the card, the right, the policy and the batch as they were', async () => {
    const token = `tok_${shop.merchantId}`;
    const { saleId } = await shop.sell({ card: { ...CARD, token } });
    const changes: readonly [string, () => Promise<Answer>, string][] = [
      [
        '10:10',
        () => ledger.put(`/v1/cards/${token}/status`, { status: 'frozen' }),
        'void card-usable',
      ],
      [
        '10:20',
        () => ledger.put(`${shop.path}/void-right`, { status: 'frozen', reason: 'misuse' }),
        'void void-right',
      ],
      ['10:30', () => shop.set({ voidPolicy: { windowMinutes: 15 } }), 'void within-window'],
      ['10:40', () => ledger.post(`${shop.path}/day-close`, {}), 'void day-open'],
    ];
    const positions: string[] = [(await ask(saleId)).body.asOf.position];
    for (const [time, change] of changes) {
      await ledger.setClock(`2026-03-02T${time}:00Z`);
      expect((await change()).status).toBe(200);
      positions.push((await ask(saleId)).body.asOf.position);
    }

    for (const [index, position] of positions.entries()) {
      const happened = changes.slice(0, index).map(([, , condition]) => condition);
      const minute = changes[index - 1]?.[0] ?? '10:00';
      const byTime = unmet(await ask(saleId, `?at=2026-03-02T${minute}:59Z`));
      const byPosition = unmet(await ask(saleId, `?position=${position}`));

      expect(byTime).toEqual(expect.arrayContaining(happened));
      expect(byPosition).toEqual(byTime);
      const later = changes.slice(index).map(([, , condition]) => condition);
      expect(byTime.filter((condition) => later.includes(condition))).toEqual([]);
    }
  });

  test('names what must be brought to the counter', async () => {
    await shop.set({ voidPolicy: { consent: true, cardPresent: true, approvalAbove: 9_999 } });
    const { saleId } = await shop.sell();

    const { body } = await ask(saleId);

    expect(body.requires).toEqual(['card', 'consent', 'approval']);
  });

  test('of a card reported lost says so', async () => {
    const token = `tok_${shop.merchantId}`;
    const { saleId } = await shop.sell({ card: { ...CARD, token } });
    await ledger.put(`/v1/cards/${token}/status`, { status: 'lost' });

    const answer = await ask(saleId);

    expect([answer.body.decision, unmet(answer)]).toEqual(['refund', ['void card-usable']]);
  });

  test('of a sale that is not there is no, and of what can be none 404', async () => {
    const absent = await ask(`${shop.merchantId}.T1.000001.999999`);
    const malformed = await ask('4242424242424242');

    expect([absent.status, absent.body.decision]).toEqual([200, 'none']);
    expect(absent.body.void).toEqual({ allowed: false, maxAmount: 0 });
    expect([malformed.status, malformed.body.responseCode]).toEqual([404, '25']);
    expect(malformed.text).not.toContain('4242424242424242');
  });

  test.each([
    ['amount=0', '13'],
    ['amount=-5', '13'],
    ['amount=1.5', '13'],
    ['amount=x', '13'],
    ['amount=1e3', '13'],
    ['amount=99999999999999999999', '13'],
    ['amount=1&amount=2', '13'],
    ['merchantId=a.b', '30'],
    ['at=2026-03-02', '30'],
    ['at=2026-03-02T10:00:00', '30'],
    ['at=0', '30'],
    ['position=1', '30'],
    ['position=-0000000000000000001', '30'],
    ['currency=EUR', '30'],
  ])('refuses ?%s: 400, %s', async (query, responseCode) => {
    const { saleId } = await shop.sell();

    const { status, body } = await ask(saleId, `?${query}`);

    expect([status, body.responseCode]).toEqual([400, responseCode]);
  });

  test.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2026-03-02T10:00:00%2B14:00'])(
    'can be asked as of %s',
    async (at) => {
      const { saleId } = await shop.sell();

      expect((await ask(saleId, `?at=${at}`)).status).toBe(200);
    },
  );
});

describe('GET /v1/sales/{saleId}/history', () => {
  test('lists the events in their order, with who and when', async () => {
    const { saleId, position } = await shop.sell();
    const { body: voided } = await shop.void(saleId, { reason: 'double charge' });

    const { status, body } = await ledger.get(`/v1/sales/${saleId}/history`);

    expect(status).toBe(200);
    expect(body.events).toMatchObject([
      {
        type: 'Sale',
        position,
        revision: 0,
        occurredAt: MORNING,
        recordedAt: expect.any(String),
        by: { kind: 'terminal', id: `${shop.merchantId}.T1` },
        data: { saleId, amount: 10_000 },
      },
      {
        type: 'Void',
        position: voided.position,
        revision: 1,
        data: { request: voided.voidId, amount: 10_000, reason: 'double charge' },
      },
    ]);
  });
});
