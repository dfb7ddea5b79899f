import { beforeAll, describe, expect, test } from '@jest/globals';
import { HttpClient, malformedFields } from '../support/http-client.js';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { MORNING, ServiceProcess, Tillbook } from '../support/tillbook.js';
import { openStoreOf, operatorKey, runTool } from '../support/tool.js';

let ledger: Tillbook;
let operator: string;

const AUDITOR = { scope: 'auditor' };

beforeAll(async () => {
  const folder = newFolder();
  operator = await operatorKey(folder);
  ledger = await Tillbook.start({ folder, key: operator, env: { AUTH: 'keys' } });
});

test('keys are listed in pages, and the tool goes through all of them', async () => {
  const folder = newFolder();
  const many = await Tillbook.start({ folder });
  await many.put('/v1/merchants/M1', { name: 'M1', currency: 'EUR', timeZone: 'UTC' });
  const made = Array.from({ length: 1_001 }, (_, index) =>
    many.post('/v1/keys', index % 500 === 0 ? { scope: 'merchant', merchantId: 'M1' } : AUDITOR),
  );
  // Sent at once, they come to the log in whatever order.
  const positions = (await Promise.all(made)).map(({ body }) => body.position as string);

  const first = await many.get(`/v1/keys?after=${positions.sort().at(-1)}`);
  const second = await many.get(`/v1/keys?after=${first.body.next}&limit=1000`);
  const ofMerchant = await many.get('/v1/keys?merchantId=M1&limit=2');
  const rest = await many.get(`/v1/keys?merchantId=M1&after=${ofMerchant.body.next}`);

  expect([first.body.keys.length, second.body.keys.length]).toEqual([100, 901]);
  expect([first.body.next, second.body.next]).toEqual([expect.stringMatching(/^\d+$/), undefined]);
  expect([ofMerchant.body.keys.length, rest.body.keys.length]).toEqual([2, 1]);
  const listed = JSON.parse((await runTool(folder, ['keys', 'list', '--json'])).out) as object[];
  expect(listed).toEqual([...first.body.keys, ...second.body.keys]);
});

describe('a key', () => {
  test('opens nothing once it is revoked, at once, and stays in the list', async () => {
    const added = await ledger.post('/v1/keys', { scope: 'auditor', name: 'spring audit' });
    const { key, keyId, prefix } = added.body as Record<'key' | 'keyId' | 'prefix', string>;
    expect(key).toMatch(new RegExp(`^${prefix}_`));
    const auditor = ledger.as(key);
    expect((await auditor.get('/v1/projections')).status).toBe(200);

    const revoked = await ledger.post(`/v1/keys/${keyId}/revoke`, { reason: 'the audit is over' });
    const after = await auditor.get('/v1/projections');

    expect(revoked.status).toBe(200);
    expect([after.status, after.body.code]).toEqual([401, 'unauthenticated']);
    expect(after.headers['www-authenticate']).toMatch(/^Bearer realm=/);
    const again = await ledger.post(`/v1/keys/${keyId}/revoke`, {});
    expect([again.status, again.body]).toEqual([200, revoked.body]);
    const listed = await ledger.get(`/v1/keys?after=${revoked.body.position}`);
    const inList = listed.body.keys as { keyId: string }[];
    expect(inList.find((one) => one.keyId === keyId)).toMatchObject({
      name: 'spring audit',
      revokedAt: revoked.body.revokedAt,
    });
    expect(listed.text).not.toContain(key);
  });

  test('ends what is still being read with it when it is revoked', async () => {
    const { key, keyId } = (await ledger.post('/v1/keys', { scope: 'auditor' })).body;
    const live = await fetch(`${ledger.url}/v1/audit/events`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${key}` },
    });
    const ended = live.text().catch(() => 'cut off');
    await ledger.post(`/v1/keys/${keyId}/revoke`, {});
    expect(await ended).toContain('event: ');
  });

  test.each(['bearer', 'BEARER', 'Bearer '])('is sent as "%s", too', async (scheme) => {
    const headers = { authorization: `${scheme} ${operator}` };
    expect((await new HttpClient(ledger.url).get('/v1/projections', headers)).status).toBe(200);
  });

  test('opens nothing from the moment at which it expires', async () => {
    const added = await ledger.post('/v1/keys', {
      scope: 'auditor',
      expiresAt: '2026-03-02T12:00:00Z',
    });
    const auditor = ledger.as(added.body.key);
    await ledger.setClock('2026-03-02T11:59:59.999Z');
    expect((await auditor.get('/v1/projections')).status).toBe(200);
    await ledger.setClock('2026-03-02T12:00:00.000Z');
    expect((await auditor.get('/v1/projections')).status).toBe(401);
  });

  test.each([
    ['of another secret', (key: string) => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')],
    ['of no length', (key: string) => key.slice(0, -1)],
    ['unknown', (key: string) => key.replace(/_\w{12}_/, '_aaaaaaaaaaaa_')],
    ['not a key', () => 'Robert"); DROP TABLE keys'],
  ])('that is %s opens nothing', async (_, made) => {
    const { status, body } = await ledger.as(made(operator)).get('/v1/projections');
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
  });

  test.each([
    [{ scope: 'terminal', merchantId: 'M1' }],
    [{ scope: 'merchant' }],
    [{ scope: 'operator', merchantId: 'M1' }],
  ])('that does not say whose it is, is not made: %j', async (body) => {
    const { status, body: problem } = await ledger.post('/v1/keys', body);
    expect([status, problem.code]).toEqual([400, 'malformed']);
  });

  test.each(['2020-01-01T00:00:00Z', MORNING])(
    'that has expired when it is made, is not: at %s',
    async (expiresAt) => {
      await ledger.setClock(MORNING);
      const answer = await ledger.post('/v1/keys', { scope: 'auditor', expiresAt });
      expect([answer.status, malformedFields(answer)]).toEqual([400, ['expiresAt']]);
    },
  );

  test('is not made for a merchant that there is not, nor for a terminal that it has not', async () => {
    const { status, body } = await ledger.post('/v1/keys', { scope: 'merchant', merchantId: 'NO' });
    expect([status, body.code]).toEqual([404, 'unknown-merchant']);
    const { merchantId } = await Shop.open(ledger);
    const holder = { scope: 'terminal', merchantId, terminalId: 'T9' };
    const none = await ledger.post('/v1/keys', holder);
    expect([none.status, none.body.code]).toEqual([404, 'unknown-terminal']);
  });

  test('keeps nothing in the log that opens it', async () => {
    const added = await ledger.post('/v1/keys', { scope: 'auditor' });
    const { events } = (await ledger.get('/v1/audit/events?type=KeyAdded')).body;
    const trail = JSON.stringify(events);
    for (const key of [operator, added.body.key as string]) {
      const [, keyId, secret] = key.split('_');
      expect(trail).toContain(keyId);
      expect(trail).not.toContain(secret);
    }
  });
});

describe('ledger keys', () => {
  test('goes through the service that owns the folder, with a key of an operator', async () => {
    const { folder } = ledger.service;
    const without = await runTool(folder, ['keys', 'list']);
    expect([without.code, without.errors]).toEqual([1, expect.stringContaining('LEDGER_KEY')]);

    const env = { LEDGER_KEY: operator };
    const added = await runTool(
      folder,
      ['keys', 'add', '--scope', 'auditor', '--expires', '90d', '--json'],
      env,
    );
    const { keyId, key, expiresAt } = JSON.parse(added.out);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    expect((await ledger.as(key).get('/v1/projections')).status).toBe(200);
    expect((await runTool(folder, ['keys', 'revoke', keyId], env)).code).toBe(0);
    expect((await ledger.as(key).get('/v1/projections')).status).toBe(401);
  }, 180_000);

  test('lists keys also while another process has the folder, and of a folder that has no views', async () => {
    const folder = newFolder();
    const [, keyId = ''] = (await operatorKey(folder)).split('_');
    const listed = async (...args: string[]) => {
      const store = await openStoreOf(folder);
      const { code, out, errors } = await runTool(folder, ['keys', 'list', ...args]);
      await store.close();
      return [code, out, errors];
    };
    expect(await listed()).toEqual([0, `${keyId} operator\n`, '']);
    expect((await runTool(folder, ['keys', 'revoke', keyId])).code).toBe(0);
    const next = (await operatorKey(folder)).split('_')[1] ?? '';
    const revoked = expect.stringMatching(
      new RegExp(`^${keyId} operator revoked \\S+\n${next} operator\n$`),
    );
    expect(await listed()).toEqual([0, revoked, '']);
    expect(await listed('--merchant', 'M1')).toEqual([0, '', '']);
  });

  test('makes the first key on a folder that no service has', async () => {
    const { code, out } = await runTool(newFolder(), ['keys', 'add', '--scope', 'operator']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^tbk_[a-z0-9]{12}_[0-9a-f]{64}$/m)]);
  });

  test('prints each key in a line of its own, whatever it is called', async () => {
    const folder = newFolder();
    const name = 'front"\nabc operator "back';
    await runTool(folder, ['keys', 'add', '--scope', 'auditor', '--name', name]);
    const { out } = await runTool(folder, ['keys', 'list']);
    expect(out).toMatch(/^\w+ auditor "front\\"\\nabc operator \\"back"\n$/);
  });

  test('says what is wrong with a key that names no merchant: exit 2', async () => {
    const { code, errors } = await runTool(newFolder(), ['keys', 'add', '--scope', 'merchant']);
    expect([code, errors]).toEqual([2, expect.stringContaining('--merchant')]);
  });
});

test.each(['0d', '2020-01-01T00:00:00Z', 'soon'])(
  'ledger keys add makes no key that expires in the past: exit 2 for %s',
  async (expires) => {
    const asked = ['keys', 'add', '--scope', 'operator', '--expires', expires];
    const { code, errors } = await runTool(newFolder(), asked);
    expect([code, errors]).toEqual([2, expect.stringContaining('time to come')]);
  },
);

describe('AUTH', () => {
  test('off refuses to start on a public address', async () => {
    const service = new ServiceProcess({ env: { HOST: '0.0.0.0', AUTH: 'off' } });
    expect(await service.exit()).toBe(2);
    expect(service.output).toMatch(/^AUTH is 'off'; allowed: keys/m);
  });

  test('is keys on a public address unless it is said', async () => {
    const service = new ServiceProcess({ env: { HOST: '0.0.0.0' } });
    const url = await service.listening();
    const { port } = new URL(url);
    const { status } = await fetch(`http://127.0.0.1:${port}/v1/projections`);
    expect(status).toBe(401);
    await service.stop();
  });
});
