import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { type Known, type OpenApi, requestsBySchema } from '../support/requests-by-schema.js';
import { Tillbook } from '../support/tillbook.js';

jest.setTimeout(600_000);

/** FUZZ_REQUESTS asks for more, FUZZ_SEED for the same again. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 20_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const AT_ONCE = 24;

const MERCHANTS = ['F1', 'F2'];
const TERMINALS = ['T1', 'T2'];
const BATCHES = ['000001', '000002'];
const STANS = Array.from({ length: 60 }, (_, index) => String(index + 1).padStart(6, '0'));

const KNOWN: Known = {
  merchantId: MERCHANTS,
  terminalId: TERMINALS,
  batchNo: BATCHES,
  stan: STANS,
  saleId: MERCHANTS.flatMap((merchantId) =>
    STANS.slice(0, 30).map((stan) => `${merchantId}.T1.000001.${stan}`),
  ),
  payoutId: ['F1.EUR.1', 'F1.EUR.2', 'F2.EUR.1'],
  chargebackId: ['CB1', 'CB2', 'CB3'],
  writeOffId: ['W1', 'W2'],
  paymentId: ['P1', 'P2', 'P3'],
  currency: ['EUR', 'EUR', 'EUR', 'JPY'],
  after: ['00000000000000000000', '00000000000000000001'],
  position: ['00000000000000000001', '00000000000000000040'],
  // Of the one business date that the batches are of.
  now: ['2026-03-02T09:00:00Z', '2026-03-02T10:00:00Z', '2026-03-02T15:30:00+01:00'],
};

const WEIGHTS: Readonly<Record<string, number>> = {
  takeSale: 20,
  voidSale: 12,
  refundSale: 12,
  reverseSale: 8,
  reverseRequest: 8,
  settleSale: 3,
  openChargeback: 4,
  runPayouts: 2,
  // Each takes a thread and reads the whole log.
  rebuildProjection: 0.2,
  cancelRebuild: 0.2,
  // Does all that is due before it answers.
  setClock: 0.2,
};

test(`whatever is sent, nothing is a fault, and the books balance (seed ${SEED})`, async () => {
  const env = { REFUSED_PER_SALE: '0', REFUSED_PER_TERMINAL: '0', LOG_LEVEL: 'error' };
  const ledger = await Tillbook.start({ env });
  for (const merchantId of MERCHANTS) {
    const voidPolicy = { partial: true };
    const refundPolicy = { whileVoidable: 'allow', feeReturn: 'proportional' };
    const required = {
      name: merchantId,
      currency: 'EUR',
      timeZone: 'UTC',
      fee: { basisPoints: 60 },
    };
    await ledger.put(`/v1/merchants/${merchantId}`, { ...required, voidPolicy, refundPolicy });
    for (const terminalId of TERMINALS) {
      const body = { storeId: 'S1' };
      await ledger.put(`/v1/merchants/${merchantId}/terminals/${terminalId}`, body);
    }
  }
  const document = (await ledger.get('/openapi.json')).body as OpenApi;
  const known = { ...KNOWN, name: await viewNames(ledger), keyId: await keyIds(ledger) };
  const requests = fc.sample(requestsBySchema(document, known, WEIGHTS), {
    numRuns: REQUESTS,
    seed: SEED,
  });

  const statuses: Record<number, number> = {};
  const faults: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let request = requests[next++]; request; request = requests[next++]) {
      const { method, path, body } = request;
      const { status, text } = await ledger.send(method, path, body === undefined ? {} : { body });
      statuses[status] = (statuses[status] ?? 0) + 1;
      // Who asks for a state to come is told that it has not come.
      const isToCome = path.includes('after=') && text.includes('"code":"view-behind"');
      if (status >= 500 && !isToCome) faults.push({ request, status, text });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));

  // What the service logged of a fault says where it is.
  expect({ faults, log: faults.length > 0 ? ledger.service.output : '' }).toEqual({
    faults: [],
    log: '',
  });
  expect(statuses[201]).toBeGreaterThan(REQUESTS / 200);
  const head = (await ledger.get('/v1/projections')).body.projections[0].head;
  const { body: books } = await ledger.get(`/v1/ledger/trial-balance?after=${head}`);
  const sums: Record<string, bigint> = {};
  for (const { currency, debit, credit } of books.accounts) {
    sums[currency] = (sums[currency] ?? 0n) + BigInt(debit) - BigInt(credit);
  }
  expect(Object.keys(sums)).toContain('EUR');
  expect(Object.values(sums).filter((sum) => sum !== 0n)).toEqual([]);
  expect(ledger.service.output).not.toContain('a fault');
});

async function viewNames(ledger: Tillbook): Promise<string[]> {
  const { projections } = (await ledger.get('/v1/projections')).body as {
    projections: { name: string }[];
  };
  return projections.map(({ name }) => name);
}

async function keyIds(ledger: Tillbook): Promise<string[]> {
  const keys = await Promise.all(
    [1, 2, 3].map(() => ledger.post('/v1/keys', { scope: 'auditor' })),
  );
  return keys.map(({ body }) => (body as { keyId: string }).keyId);
}
