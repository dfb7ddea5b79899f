import { Buffer } from 'node:buffer';

/** Merchants of a bench, each with one terminal. */
export const MERCHANTS = 200;

export const TERMINAL = 'T1';

export const merchantId = (index) => `M${String(index % MERCHANTS).padStart(3, '0')}`;

/** Its day ends twelve hours from now, so that no run meets a cut-off. */
export function merchantBody(index) {
  const dayCloseAt = new Date(Date.now() + 12 * 3_600_000).toISOString().slice(11, 16);
  return {
    name: `Merchant ${index}`,
    currency: 'CNY',
    timeZone: 'UTC',
    dayCloseAt,
    fee: { basisPoints: 60 },
    voidPolicy: { partial: true },
  };
}

/** The names of one batch number: merchants take turns, and STANs go up. */
function nameOf(index, batchNo) {
  const stan = String(Math.floor(index / MERCHANTS) + 1).padStart(6, '0');
  return { merchantId: merchantId(index), terminalId: TERMINAL, batchNo, stan };
}

/** No two sales of a terminal are of one card and amount: each would be looked at as a second swipe. */
export function saleBody(index, batchNo) {
  return {
    ...nameOf(index, batchNo),
    amount: 1_000 + ((index * 7_919) % 100_000),
    currency: 'CNY',
    card: {
      token: `card-${batchNo}-${(index * 104_729) % 1_000_003}`,
      last4: String(1_000 + (index % 9_000)),
      scheme: 'UnionPay',
      type: index % 3 === 0 ? 'credit' : 'debit',
    },
  };
}

export function saleId(index, batchNo) {
  const name = nameOf(index, batchNo);
  return `${name.merchantId}.${name.terminalId}.${name.batchNo}.${name.stan}`;
}

/** Lines of a bulk; the last has what is left. */
const BULK_LINES = 2_400;

/** How many requests a load is, of which each may ask for more than one thing. */
const requestCount = ({ kind, count }) => (kind === 'bulk' ? Math.ceil(count / BULK_LINES) : count);

/**
 * What a kind of load sends, by the number of the request. `batchNo` is the requests' own, `of` that of the sales they
 * are about; with `keys`, each terminal has its own.
 */
const KINDS = {
  sales: (index, { batchNo, keys }) =>
    post('/v1/sales', saleBody(index, batchNo), keys?.[index % MERCHANTS]),
  bulk: (index, { batchNo, count }) => ({
    method: 'POST',
    path: '/v1/bulk',
    headers: { 'content-type': 'application/x-ndjson' },
    body: Buffer.from(
      Array.from({ length: Math.min(BULK_LINES, count - index * BULK_LINES) }, (_, line) => {
        const sale = saleBody(index * BULK_LINES + line, batchNo);
        return `${JSON.stringify({ op: 'sale', ...sale })}\n`;
      }).join(''),
    ),
  }),
  voids: (index, { batchNo, of }) =>
    post(`/v1/sales/${saleId(index, of)}/voids`, {
      ...nameOf(index, batchNo),
      reason: 'customer changed their mind',
    }),
  voidability: (index, { of }) => ({
    method: 'GET',
    path: `/v1/sales/${saleId(index, of)}/voidability`,
  }),
};

/** The requests of a load, of one kind. */
export function requestsOf(load) {
  return Array.from({ length: requestCount(load) }, (_, index) => KINDS[load.kind](index, load));
}

function post(path, body, key) {
  const headers = {
    'content-type': 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  return { method: 'POST', path, headers, body: Buffer.from(JSON.stringify(body)) };
}
