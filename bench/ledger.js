import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runScript, startServer } from './servers.js';
import { MERCHANTS, merchantBody, merchantId, TERMINAL } from './requests.js';

export const TOOL = fileURLToPath(new URL('../dist/bundle/ledger.js', import.meta.url));

/** A service on an empty log, with every merchant registered. */
export async function emptyLedger(bench) {
  const service = await startServer('../dist/bundle/main.js', settings(bench));
  await register(service);
  return service;
}

/** The same on a server's log, of which only the views' folder is new. */
export async function registeredLedger(bench, url) {
  const service = await startServer('../dist/bundle/main.js', settings(bench, url));
  await register(service);
  return service;
}

/** The same where every terminal has a key of its own: `keys`, in the order of the merchants. */
export async function keyedLedger(bench) {
  const environment = settings(bench);
  const operator = JSON.parse(
    execFileSync(process.execPath, [TOOL, 'keys', 'add', '--scope', 'operator', '--json'], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    }),
  );
  const started = await startServer('../dist/bundle/main.js', { ...environment, AUTH: 'keys' });
  const service = Object.assign(started, { key: operator.key });
  await register(service);
  service.keys = await forEachMerchant(async (index) => {
    const holder = { scope: 'terminal', merchantId: merchantId(index), terminalId: TERMINAL };
    return (await send(service, 'POST', '/v1/keys', holder)).key;
  });
  return service;
}

async function register(service) {
  await forEachMerchant(async (index) => {
    const path = `/v1/merchants/${merchantId(index)}`;
    await send(service, 'PUT', path, merchantBody(index));
    await send(service, 'PUT', `${path}/terminals/${TERMINAL}`, { storeId: 'MAIN' });
  });
}

/** All at once. Gives what came of each, in their order. */
function forEachMerchant(task) {
  return Promise.all(Array.from({ length: MERCHANTS }, (_, index) => task(index)));
}

/**
 * A service on a log of so many sales, all in open batches and all of them in the views. With `few`, so many are the
 * second merchant's and all others the first's; else merchants take turns.
 */
export async function filledLedger(bench, sales, batchNo, few) {
  const environment = settings(bench);
  const eventStoreUrl = environment.EVENT_STORE_URL;
  const filled = await runScript('./fill.process.js', { eventStoreUrl, sales, batchNo, few });
  bench.say(`filled with ${sales} sales at ${Math.round(sales / filled.seconds)}/s`);
  const began = performance.now();
  const service = await startServer('../dist/bundle/main.js', environment);
  await caughtUp(service);
  const seconds = (performance.now() - began) / 1_000;
  bench.say(`started, and views caught up, in ${seconds.toFixed(1)} s`);
  return Object.assign(service, { projectedPerSecond: sales / seconds });
}

function settings({ newFolder }, url) {
  return { SANDBOX: 'on', ...storeSettings(newFolder(), url) };
}

/** The settings that make a service keep its log and its views in the folder, or only its views, beside a server. */
export const storeSettings = (folder, url = `file:${folder}`) => ({
  EVENT_STORE_URL: url,
  VIEWS_DIR: folder,
});

/** Resolves when every view has seen what the log has now: gives how many events that is. */
export async function caughtUp(service) {
  for (;;) {
    const { projections } = await send(service, 'GET', '/v1/projections');
    if (projections.every(({ position, head }) => position === head)) return projections[0].events;
    await sleep(50);
  }
}

/** The answer's body. @throws Error when it is no success */
export async function send({ url, key }, method, path, body) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.detail}`);
  return answer;
}
