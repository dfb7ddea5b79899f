import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { HttpClient } from '../support/http-client.js';
import { afterSuite, newFolder } from '../support/store-folder.js';
import { Shop } from '../support/shop.js';
import { ServiceProcess, Tillbook } from '../support/tillbook.js';

interface Package {
  readonly scripts: { readonly start: string };
}

/** Connections on which one request follows the other. */
const CONNECTIONS = 32;

describe.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s', (signal) => {
  test('ends with 0 what is idle, and frees its folder', async () => {
    const { service } = await Tillbook.start();

    service.signal(signal);

    expect(await service.exit()).toBe(0);
    expect(existsSync(join(service.folder, 'owner.json'))).toBe(false);
  });
});

test('SIGINT that comes twice, as at Ctrl-C by npm, cuts nothing that is on its way', async () => {
  const ledger = await Tillbook.start();
  const shop = await Shop.open(ledger);
  const sale = await halfSent(ledger, shop.saleBody());

  ledger.service.signal('SIGINT');
  await untilNotReady(ledger.url);
  ledger.service.signal('SIGINT');

  expect((await sale.sendRest()).statusCode).toBe(201);
  expect(await ledger.service.exit()).toBe(0);
});

describe('SIGTERM', () => {
  test('ends with 0 what still waits for its store', async () => {
    const service = new ServiceProcess({
      env: { EVENT_STORE_URL: 'kurrentdb://127.0.0.1:1?tls=false', VIEWS_DIR: newFolder() },
    });
    await service.writes('waiting for the event store');
    service.signal('SIGTERM');
    expect(await service.exit()).toBe(0);
  });

  test('makes the service not ready, lets it answer what is on its way, and ends it with 0', async () => {
    const ledger = await Tillbook.start();
    const shop = await Shop.open(ledger);
    const sale = await halfSent(ledger, shop.saleBody());

    ledger.service.signal('SIGTERM');
    const ready = await untilNotReady(ledger.url);
    const response = await sale.sendRest();

    expect(ready).toEqual({ name: 'service', status: 'not-ready', reason: 'stopping' });
    expect(JSON.parse(await text(response))).toMatchObject({ status: 'open', amount: 10_000 });
    expect(await ledger.service.exit()).toBe(0);
    const again = await Tillbook.start({ folder: ledger.service.folder });
    const listed = await again.get(`${shop.path}/sales`);
    expect(listed.body.sales).toHaveLength(1);
  });

  test('does not shut out those who were told that it is ready: with no connection open they still learn that it ends, and are answered until then', async () => {
    const ledger = await Tillbook.start();
    const shop = await Shop.open(ledger);
    expect((await ledger.get('/health/ready')).status).toBe(200);
    ledger.close();
    const idleMs = 1_500;
    await setTimeout(idleMs);

    ledger.service.signal('SIGTERM');
    await setTimeout(idleMs);

    expect(await untilNotReady(ledger.url)).toMatchObject({ reason: 'stopping' });
    const client = new HttpClient(ledger.url);
    expect((await client.post('/v1/sales', shop.saleBody())).status).toBe(201);
    client.close();
    expect(await ledger.service.exit()).toBe(0);
  });

  test('ends it though clients keep requests to themselves that they have begun', async () => {
    const ledger = await Tillbook.start();
    const port = Number(new URL(ledger.url).port);
    const body = 'POST /v1/sales HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{';
    const sockets = ['', 'GET /v1/mer', body].map((begun) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(begun));
      return socket.on('error', () => undefined);
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));

    ledger.service.signal('SIGTERM');

    expect(await ledger.service.exit()).toBe(0);
  });

  test('takes no request that is on its way with a connection: the answer before has said its end', async () => {
    const ledger = await Tillbook.start();
    const shop = await Shop.open(ledger);
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    let isToldToStop = false;
    const lastAnswers = Array.from({ length: CONNECTIONS }, async () => {
      for (;;) {
        const response = await sent(agent, new URL('/v1/sales', ledger.url), shop.saleBody());
        expect(response.statusCode).toBe(201);
        if (response.headers.connection === 'close') return isToldToStop;
      }
    });
    await ledger.get('/health/live');
    isToldToStop = true;
    ledger.service.signal('SIGTERM');

    expect(await Promise.all(lastAnswers)).toEqual(lastAnswers.map(() => true));
    expect(await ledger.service.exit()).toBe(0);
    agent.destroy();
  });

  test('cuts off a bulk that goes on and on once every line that it has done is answered', async () => {
    const ledger = await Tillbook.start();
    const shop = await Shop.open(ledger);
    const headers = { 'content-type': 'application/x-ndjson' };
    const bulk = request(new URL('/v1/bulk', ledger.url), { method: 'POST', headers });
    bulk.on('error', () => undefined);
    const sending = setInterval(() => {
      bulk.write(`${JSON.stringify({ op: 'sale', ...shop.saleBody() })}\n`);
    }, 20);
    const [incoming] = (await once(bulk, 'response')) as [IncomingMessage];
    let answered = '';
    incoming.on('data', (chunk: Buffer) => (answered += String(chunk)));

    ledger.service.signal('SIGTERM');
    await expect(finished(incoming)).rejects.toThrow('aborted');
    clearInterval(sending);

    const lines = answered.trimEnd().split('\n');
    const answers = lines.map((line) => JSON.parse(line) as { status: number });
    expect(answers.pop()).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await ledger.service.exit()).toBe(0);
    const again = await Tillbook.start({ folder: ledger.service.folder });
    const { body } = await again.get(`${shop.path}/terminals/T1/batches/000001`);
    expect(body.totals.saleCount).toBe(answers.length);
  });

  test('to npm start, which sends it to the shell of its script, ends the service with 0', async () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as Package;
    const start = scripts.start.replace('npm run --silent compile', 'true');
    const folder = newFolder();
    const env = { EVENT_STORE_URL: `file:${folder}`, VIEWS_DIR: folder, PORT: '0' };
    const shell = spawn('sh', ['-c', start], {
      env: { PATH: process.env['PATH'], ...env },
      detached: true,
    });
    afterSuite(() => {
      killGroup(shell.pid);
      return Promise.resolve();
    });
    const told = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
    let line = await told.next();
    while (!line.done && !line.value.startsWith('Tillbook answers')) line = await told.next();

    shell.kill('SIGTERM');

    expect(await once(shell, 'exit')).toEqual([0, null]);
  });

  test('while the service starts ends it with 0 once it has', async () => {
    const service = new ServiceProcess();
    await service.writes('Server listening');

    service.signal('SIGTERM');

    expect(await service.exit()).toBe(0);
  });
});

/** A process and those that it has started, where any is left. */
function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A sale on its way to the service, which has the beginning of its body by now; the rest brings the answer. */
async function halfSent(ledger: Tillbook, body: object) {
  const sale = JSON.stringify(body);
  const outgoing = request(new URL('/v1/sales', ledger.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': String(sale.length) },
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  outgoing.write(sale.slice(0, 20));
  await ledger.get('/health/live');
  return {
    sendRest: async () => {
      outgoing.end(sale.slice(20));
      const [response] = await answered;
      return response;
    },
  };
}

/** Resolves with the answer once all of it is there. */
async function sent(agent: Agent, url: URL, body: object): Promise<IncomingMessage> {
  const outgoing = request(url, {
    agent,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  outgoing.end(JSON.stringify(body));
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  return response;
}

/** What the service says of itself once it is not ready; each question on a connection of its own. */
async function untilNotReady(url: string): Promise<unknown> {
  for (;;) {
    const client = new HttpClient(url);
    const { status, body } = await client.get('/health/ready');
    client.close();
    if (status === 503) return body.parts[0];
  }
}
