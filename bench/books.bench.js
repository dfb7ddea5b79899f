import { median, rounded } from './figures.js';
import { filledLedger, send } from './ledger.js';
import { merchantId } from './requests.js';

/** Movements of the merchant with few. */
const FEW = 1_000;
const BATCH_NO = 300_001;
const TIMES = 300;
const WARM_UP = 50;
const PAGE = 100;

/** Balances and statement pages of a merchant with very many movements, against those of one with a thousand. */
export async function benchBooks(bench) {
  const service = await filledLedger(bench, bench.movements + FEW, BATCH_NO, FEW);
  try {
    const [many, few] = [merchantId(0), merchantId(1)];
    const page = await middlePage(service, many);
    const asOf = `position=${middleOf((await head(service)).head)}`;
    const took = await timed(service, {
      few: `/v1/merchants/${few}/balances`,
      many: `/v1/merchants/${many}/balances`,
      fewPage: `/v1/merchants/${few}/statement?limit=${PAGE}`,
      manyPage: page,
      asOf: `/v1/merchants/${many}/balances?${asOf}`,
      at: `/v1/merchants/${many}/balances?at=${new Date(Date.now() - 1_000).toISOString()}`,
    });
    return {
      balancesOfManyToFew: rounded(took.many / took.few, 2),
      statementOfManyToFew: rounded(took.manyPage / took.fewPage, 2),
      balancesAsOfToNow: rounded(Math.max(took.asOf, took.at) / took.many, 2),
      statementPageMs: rounded(took.manyPage, 2),
    };
  } finally {
    await service.stop();
  }
}

/** A page of the statement from its middle. */
async function middlePage(service, merchant) {
  const path = `/v1/merchants/${merchant}/statement?limit=${PAGE}`;
  const { next } = await send(service, 'GET', path);
  const [date, , line] = next.split('.');
  const { head: last } = await head(service);
  return `${path}&after=${date}.${Number(middleOf(last))}.${line}`;
}

const middleOf = (position) => String(Math.floor(Number(position) / 2)).padStart(20, '0');

async function head(service) {
  return (await send(service, 'GET', '/v1/projections')).projections[0];
}

/** The median time of each, in milliseconds: they take turns, so that what else the machine does disturbs all alike. */
async function timed(service, paths) {
  const times = Object.fromEntries(Object.keys(paths).map((name) => [name, []]));
  for (let turn = -WARM_UP; turn < TIMES; turn += 1) {
    for (const [name, path] of Object.entries(paths)) {
      const began = performance.now();
      await send(service, 'GET', path);
      if (turn >= 0) times[name].push(performance.now() - began);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
}
