import { setTimeout as sleep } from 'node:timers/promises';
import { runScript, startServer } from './servers.js';
import { MERCHANTS, merchantBody, merchantId, TERMINAL } from './requests.js';
import { storeSettings } from './stores.js';

/** A service on an empty log, with every merchant registered. */
export async function emptyLedger(bench) {
  const service = await startServer('../dist/main.js', settings(bench));
  for (let index = 0; index < MERCHANTS; index += 1) {
    const path = `/v1/merchants/${merchantId(index)}`;
    await send(service, 'PUT', path, merchantBody(index));
    await send(service, 'PUT', `${path}/terminals/${TERMINAL}`, { storeId: 'MAIN' });
  }
  return service;
}

/** A service on a log of so many sales, all in open batches and all of them in the views. */
export async function filledLedger(bench, sales, batchNo) {
  const environment = settings(bench);
  const eventStoreUrl = environment.EVENT_STORE_URL;
  const filled = await runScript('./fill.process.js', { eventStoreUrl, sales, batchNo });
  bench.say(`filled with ${sales} sales at ${Math.round(sales / filled.seconds)}/s`);
  const began = performance.now();
  const service = await startServer('../dist/main.js', environment);
  await caughtUp(service);
  const seconds = (performance.now() - began) / 1_000;
  bench.say(`started, and views caught up, in ${seconds.toFixed(1)} s`);
  return Object.assign(service, { projectedPerSecond: sales / seconds });
}

function settings({ store, newFolder }) {
  return { SANDBOX: 'on', ...storeSettings(store, newFolder()) };
}

/** Resolves when every view has seen what the log has now. */
export async function caughtUp(service) {
  for (;;) {
    const { projections } = await send(service, 'GET', '/v1/projections');
    if (projections.every(({ position, head }) => position === head)) return;
    await sleep(50);
  }
}

/** The answer's body. @throws Error when it is no success */
export async function send({ url }, method, path, body) {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.detail}`);
  return answer;
}
