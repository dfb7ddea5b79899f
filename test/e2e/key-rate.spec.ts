import { describe, expect, test } from '@jest/globals';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { Tillbook } from '../support/tillbook.js';
import { operatorKey } from '../support/tool.js';

describe('a key', () => {
  test('has so many requests a minute, is told what is left, and then to wait', async () => {
    const folder = newFolder();
    const key = await operatorKey(folder);
    const env = { AUTH: 'keys', REQUESTS_PER_KEY: '5' };
    const own = await Tillbook.start({ folder, key, env, clock: 'running' });
    const path = '/v1/projections';
    const { status, headers } = await own.get(path);
    expect(status).toBe(200);
    expect(headers['ratelimit-policy']).toBe('"key";q=5;w=60');
    expect(headers['ratelimit']).toMatch(/^"key";r=4;t=\d+$/);
    for (let left = 3; left >= 0; left -= 1) expect((await own.get(path)).status).toBe(200);
    const spent = await own.get(path);
    expect(spent).toMatchObject({ status: 429, body: { code: 'too-many-requests' } });
    expect(Number(spent.headers['retry-after'])).toBeGreaterThan(0);
    expect((await own.get('/health/live')).status).toBe(200);
  });

  test('is told which limit is met beside what is left of its requests', async () => {
    const folder = newFolder();
    const key = await operatorKey(folder);
    const env = { AUTH: 'keys', REFUSED_PER_TERMINAL: '1' };
    const own = await Tillbook.start({ folder, key, env });
    const shop = await Shop.open(own);
    await shop.trySale({ currency: 'USD' });
    const { status, headers } = await shop.trySale();

    expect(status).toBe(429);
    expect(headers['ratelimit-policy']).toBe('"key";q=60000;w=60, "refused-terminal";q=1;w=60');
    expect(headers['ratelimit']).toMatch(/^"key";r=\d+;t=\d+, "refused-terminal";r=0;t=\d+$/);
  });
});
