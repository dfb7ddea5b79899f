import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { NDJSON } from '../support/bulk.js';
import { freePorts } from '../support/eventstore-process.js';
import { HttpClient } from '../support/http-client.js';
import { LiveReader } from '../support/live-reader.js';
import { has } from '../support/programs.js';
import { Shop } from '../support/shop.js';
import { afterSuite, newFolder } from '../support/store-folder.js';
import { storeSettings } from '../support/store-settings.js';
import { type StartOptions, Tillbook } from '../support/tillbook.js';

/** `fail_timeout` of the proxy. */
const LEFT_ALONE_MS = 5_000;

/** Tills that sell one thing after the other. */
const CLIENTS = 8;

/** nginx with docker/proxy.conf, in front of these instead of the cluster's nodes: they have no name to be asked for again. */
async function startProxy(nodes: readonly Tillbook[]): Promise<string> {
  const folder = newFolder();
  const [port = 0] = await freePorts(1);
  let site = readFileSync('docker/proxy.conf', 'utf8');
  nodes.forEach(({ url }, index) => {
    site = site.replaceAll(`ledger${index + 1}:3000 resolve`, new URL(url).host);
  });
  site = site.replace('listen 3000', `listen 127.0.0.1:${port}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    [
      'daemon off;',
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      `pid ${join(folder, 'pid')};`,
      'error_log stderr warn;',
      'events {}',
      'http {',
      'access_log off;',
      ...temporary.map((name) => `${name}_temp_path ${join(folder, name)};`),
      `${site}}`,
    ].join('\n'),
  );
  const checked = spawnSync('nginx', ['-t', '-q', '-c', config]);
  expect([checked.status, String(checked.stderr)]).toEqual([0, '']);
  const nginx = spawn('nginx', ['-c', config], { stdio: 'ignore' });
  afterSuite(() => {
    nginx.kill();
    return Promise.resolve();
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/health/live`).catch(() => undefined))?.ok) {
    await pause(50);
  }
  return url;
}

/** Resolves once the proxy, which leaves alone for a while what it could not reach, sends requests to a node that has just begun. */
async function servesAgain(node: Tillbook): Promise<void> {
  while (!/^tillbook_commands_total\{.*\} \d/m.test((await node.get('/metrics')).text)) {
    await pause(100);
  }
}

/** A cut-off, by UTC, that does not come while the suite runs. */
function farFromNow(): string {
  const hour = (new Date().getUTCHours() + 12) % 24;
  return `${String(hour).padStart(2, '0')}:00`;
}

if (has('nginx')) {
  describe('docker/proxy.conf, in front of two nodes', () => {
    let env: Readonly<Record<string, string | undefined>>;
    let options: StartOptions;
    let nodes: [Tillbook, Tillbook];
    let proxy: HttpClient;
    let shop: Shop;

    beforeAll(async () => {
      env = { ...storeSettings(newFolder()), VIEWS_DIR: undefined };
      // A node that starts knows no clock but its own, and closes what that says is over before it can be told of another.
      options = { env, clock: 'running' };
      nodes = await Promise.all([Tillbook.start(options), Tillbook.start(options)]);
      proxy = new HttpClient(await startProxy(nodes));
      shop = (await Shop.open(nodes[0], { dayCloseAt: farFromNow() })).through(proxy);
    });

    test('takes a bulk that is larger than any other request may be', async () => {
      const wide = { ...shop.saleBody(), operatorId: ' '.repeat(2_000) };
      const lines = Array.from({ length: 1_500 }, () => JSON.stringify({ op: 'sale', ...wide }));
      const body = `${lines.join('\n')}\n`;
      expect(body.length).toBeGreaterThan(2 * 1024 * 1024);
      const { status, text } = await proxy.post('/v1/bulk', body, NDJSON);
      expect([status, text.trimEnd().split('\n').length]).toEqual([200, lines.length]);
    });

    test('lets the service itself refuse what is too large', async () => {
      const tooLarge = { ...shop.saleBody(), operatorId: 'x'.repeat(1024 * 1024) };
      const { status, body } = await proxy.post('/v1/sales', tooLarge);
      expect([status, body.code]).toEqual([413, 'too-large']);
    });

    test('lets the service itself read, and refuse, long headers', async () => {
      const long = await proxy.get('/health/live', { 'x-note': 'x'.repeat(12_000) });
      expect(long.status).toBe(200);
      const tooLong = await proxy.get('/health/live', { 'x-note': 'x'.repeat(20_000) });
      expect([tooLong.status, tooLong.headers['content-type']]).toEqual([
        431,
        expect.stringMatching(/^application\/problem\+json/),
      ]);
    });

    test('makes one key where the answer is lost', async () => {
      const lost = { 'sandbox-fault': 'answer-lost' };
      const named = { scope: 'operator', name: 'made once' };
      expect((await proxy.post('/v1/keys', named, lost)).status).toBe(502);
      const { position } = (await proxy.post('/v1/keys', { ...named, name: 'and shown' })).body;
      const { keys } = (await proxy.get(`/v1/keys?after=${position}`)).body;
      expect(keys.filter(({ name }: { name: string }) => name === 'made once')).toHaveLength(1);
    });

    test('asks nodes that have all just refused again, and passes on what they say', async () => {
      const away = { 'sandbox-fault': 'store-away' };
      const sales = Array.from({ length: 4 }, () => shop.saleBody());
      for (const sale of sales) {
        const { status, body } = await proxy.post('/v1/sales', sale, away);
        expect([status, body.code]).toEqual([503, 'store-unavailable']);
      }
      for (const sale of sales) expect((await proxy.post('/v1/sales', sale)).status).toBe(201);
    });

    test('passes the answer to a line on before the next is sent', async () => {
      const outgoing = request(new URL('/v1/bulk', proxy.url), { method: 'POST', headers: NDJSON });
      const answers = new Promise<AsyncIterator<string>>((resolve, reject) => {
        outgoing.on('error', reject);
        outgoing.on('response', (incoming) => {
          resolve(createInterface({ input: incoming })[Symbol.asyncIterator]());
        });
      });
      for (let line = 1; line <= 3; line += 1) {
        outgoing.write(`${JSON.stringify({ op: 'sale', ...shop.saleBody() })}\n`);
        const { value } = await (await answers).next();
        expect(JSON.parse(value as string)).toMatchObject({ line, status: 201 });
      }
      outgoing.end();
      expect((await (await answers).next()).done).toBe(true);
    });

    test('passes live events on as they come', async () => {
      const { position } = await shop.sell();
      const live = new LiveReader(proxy.url, position);
      const sold = await shop.sell();
      expect((await live.next()).position).toBe(sold.position);
      live.close();
    });

    test('lets each node be stopped and started again while every request is answered', async () => {
      // Both have just refused: where one goes while the proxy leaves the other alone for that, a request may find neither.
      await pause(LEFT_ALONE_MS);
      let isOver = false;
      const clients = Array.from({ length: CLIENTS }, async () => {
        const statuses = new Set<number>();
        while (!isOver) statuses.add((await shop.trySale()).status);
        return [...statuses];
      });
      for (const index of [0, 1] as const) {
        const { service, url } = nodes[index];
        service.signal('SIGTERM');
        expect(await service.exit()).toBe(0);
        const { port } = new URL(url);
        nodes[index] = await Tillbook.start({ ...options, env: { ...env, PORT: port } });
        await servesAgain(nodes[index]);
      }
      isOver = true;
      expect(await Promise.all(clients)).toEqual(clients.map(() => [201]));
    });

    test('goes on with the other node when one is killed', async () => {
      await nodes[1].service.kill();
      const answers = await Promise.all(Array.from({ length: 8 }, () => shop.trySale()));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    });
  });
}
