import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer } from '../support/http-client.js';
import { expectStatus, Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

const PASSWORD = 'seven-Tills-4';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

const openShop = async (): Promise<void> => {
  shop = await Shop.open(ledger, { voidPolicy: { partial: true, supervisorAbove: 1_000 } });
  expectStatus(await setAnn(PASSWORD), 201);
};

const setAnn = (password: string): Promise<Answer> =>
  ledger.put(`${shop.path}/supervisors/ann`, { name: 'Ann', password });

const voidBy = async (password: string, own: object = {}): Promise<Answer> => {
  const { saleId } = (await shop.sell()) as { saleId: string };
  return shop.void(saleId, { ...own, supervisor: { id: 'ann', password } });
};

describe('a void above the policy’s amount', () => {
  test('needs a supervisor: 403, 55', async () => {
    await openShop();
    const { saleId } = await shop.sell();

    const refused = await shop.void(saleId);

    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      code: 'supervisor',
      responseCode: '55',
      nextStep: 'call-supervisor',
    });
    expect((await shop.void(saleId, { amount: 1_000 })).status).toBe(201);
  });

  test('is let through by the password, and says whose it was', async () => {
    await openShop();
    const { saleId } = await shop.sell();
    const supervisor = { id: 'ann', password: PASSWORD };

    expect((await shop.void(saleId, { supervisor })).status).toBe(201);

    const { text, body } = await ledger.get(`/v1/sales/${saleId}/history`);
    expect(body.events[1].data.supervisorId).toBe('ann');
    expect(text).not.toContain(PASSWORD);
  });

  test('is refused with a wrong password, also where none is needed, and of nobody known', async () => {
    await openShop();
    const { saleId } = await shop.sell();

    for (const supervisor of [
      { id: 'ann', password: 'guess' },
      { id: 'bob', password: PASSWORD },
    ]) {
      const { status, body } = await shop.void(saleId, { amount: 1, supervisor });
      expect([status, body.code, body.responseCode]).toEqual([403, 'supervisor', '55']);
    }
  });

  test('is answered again without the password being compared', async () => {
    await openShop();
    const { saleId } = await shop.sell();
    const own = shop.request();
    const sent = (password: string) =>
      shop.void(saleId, { ...own, supervisor: { id: 'ann', password } });
    const first = await sent(PASSWORD);

    const repeat = await sent('something else');

    expect(repeat.status).toBe(201);
    expect(repeat.body).toEqual(first.body);
  });
});

describe('a supervisor', () => {
  test('is locked after five wrong passwords, also for the right one, until it is set anew', async () => {
    await openShop();
    for (let tries = 1; tries <= 5; tries += 1) {
      expect((await voidBy(`guess ${tries}`)).status).toBe(403);
    }

    const locked = await voidBy(PASSWORD);
    expect(locked.status).toBe(403);
    expect(locked.body.detail).toContain('locked');
    const { body, text } = await ledger.get(`${shop.path}/supervisors`);
    expect(body.supervisors).toEqual([{ supervisorId: 'ann', name: 'Ann', status: 'locked' }]);
    expect(text).not.toContain('scrypt');

    expectStatus(await setAnn('another-Till-5'), 200);
    expect((await voidBy('another-Till-5')).status).toBe(201);
  });

  test('may be mistaken now and then', async () => {
    await openShop();
    for (let round = 1; round <= 2; round += 1) {
      for (let tries = 1; tries <= 4; tries += 1) await voidBy('guess');
      expect((await voidBy(PASSWORD)).status).toBe(201);
    }
  });

  test('is locked by a fact, and neither the trail nor the service’s output shows password or hash', async () => {
    await openShop();
    for (let tries = 1; tries <= 5; tries += 1) await voidBy('wrong-guess');

    const { text } = await ledger.get(`/v1/audit/events?merchantId=${shop.merchantId}`);

    expect(text).toContain('SupervisorSet');
    expect(text).toContain('SupervisorLocked');
    expect(text + ledger.service.output).not.toMatch(/scrypt|seven-Tills|wrong-guess/);
  });

  test('is of a merchant that there is', async () => {
    const { status } = await ledger.put('/v1/merchants/NOBODY/supervisors/ann', {
      name: 'Ann',
      password: PASSWORD,
    });
    expect(status).toBe(404);
  });
});
