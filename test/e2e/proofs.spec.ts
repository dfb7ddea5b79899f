import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ConsistencyProof, InclusionProof } from '../../src/audit/proofs.js';
import { refusalOf } from '../../src/audit/proofs.js';
import type { SignedHead } from '../../src/audit/domain/trail.events.js';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';
import { runTool } from '../support/tool.js';

let ledger: Tillbook;
let positions: string[];
let before: SignedHead;

beforeAll(async () => {
  ledger = await Tillbook.start();
  const shop = await Shop.open(ledger);
  const first = await shop.sell();
  before = (await ledger.get('/v1/audit/head')).body as SignedHead;
  positions = [first, await shop.sell(), await shop.sell()].map(({ position }) => String(position));
});

describe('a proof', () => {
  test('of every event holds, and with the event changed it does not', async () => {
    for (const position of positions) {
      const proof = await inclusion(position);
      expect(refusalOf(proof, before.publicKey)).toBeUndefined();
      const edited = structuredClone(proof) as InclusionProof & {
        event: { data: { amount: number } };
      };
      edited.event.data.amount += 1;
      expect(refusalOf(edited)).toMatch(/not in the log/);
      expect(refusalOf({ ...proof, leafIndex: proof.leafIndex + 1 })).toMatch(/not in the log/);
      expect(refusalOf({ ...proof, head: { ...proof.head, treeSize: 1 } })).toMatch(/not signed/);
      expect(refusalOf(proof, 'another key')).toMatch(/another key/);
    }
  });

  test('that the log only grew holds between two heads, and not from another log', async () => {
    const after = (await ledger.get('/v1/audit/head')).body as SignedHead;
    const path = `/v1/audit/consistency?from=${before.treeSize}&to=${after.treeSize}`;
    const proof = (await ledger.get(path)).body as ConsistencyProof;
    expect(proof.from.rootHash).toBe(before.rootHash);
    expect(refusalOf(proof)).toBeUndefined();
    const other = { ...proof.from, rootHash: after.rootHash };
    expect(refusalOf({ ...proof, from: other })).toMatch(/does not begin with/);
  });

  test('is checked by the tool from a file, with exit code 1 for a false one', async () => {
    const file = join(ledger.service.folder, 'proof.json');
    const proof = await inclusion(positions[0] ?? '');
    writeFileSync(file, JSON.stringify(proof));
    expect((await check(file)).code).toBe(0);
    writeFileSync(file, JSON.stringify({ ...proof, path: proof.path.toReversed() }));
    const refused = await check(file);
    expect([refused.code, refused.out]).toEqual([1, expect.stringMatching(/not in the log/)]);
    const [first = '', ...rest] = proof.path;
    for (const other of [
      { ...proof, path: [`${first}zz`, ...rest] },
      { ...proof, head: { ...proof.head, treeSize: String(proof.head.treeSize) } },
      { ...proof, leafIndex: proof.leafIndex - proof.head.treeSize },
    ]) {
      writeFileSync(file, JSON.stringify(other));
      expect((await check(file)).code).toBe(1);
    }
    writeFileSync(file, '{}');
    expect((await check(file)).code).toBe(1);
  });

  test.each(['"amount":5,', '"am\\u006funt":5,'])(
    'in which a name comes twice is none, whichever of the two would hold: %s',
    async (other) => {
      const file = join(ledger.service.folder, 'doubled.json');
      const text = JSON.stringify(await inclusion(positions[0] ?? ''));
      writeFileSync(file, text.replace('"amount":', `${other}"amount":`));
      const { code, out } = await check(file);
      expect([code, out]).toEqual([1, `${file} is no proof: it has amount twice in one object\n`]);
    },
  );

  test('is checked against the key that is trusted, which must be one', async () => {
    const file = join(ledger.service.folder, 'trusted.json');
    writeFileSync(file, JSON.stringify(await inclusion(positions[0] ?? '')));
    const codeWith = async (key: string) => (await check(file, '--public-key', key)).code;
    expect(await codeWith(before.publicKey)).toBe(0);
    expect(await codeWith(Buffer.alloc(32).toString('base64'))).toBe(1);
    expect(await codeWith('zz')).toBe(2);
  });

  test('is refused for what is not there', async () => {
    expect((await ledger.get('/v1/audit/proof/00000000000000099999')).status).toBe(404);
    expect((await ledger.get('/v1/audit/proof/7')).status).toBe(400);
    for (const to of [99_999, Number.MAX_SAFE_INTEGER]) {
      expect((await ledger.get(`/v1/audit/consistency?from=2&to=${to}`)).status).toBe(404);
    }
    const tooLarge = await ledger.get('/v1/audit/consistency?from=2&to=9999999999999999');
    expect([tooLarge.status, tooLarge.body.code]).toEqual([400, 'malformed']);
    expect((await ledger.get('/v1/audit/consistency?from=3&to=2')).status).toBe(400);
  });
});

async function inclusion(position: string): Promise<InclusionProof> {
  const { status, body } = await ledger.get(`/v1/audit/proof/${position}`);
  expect(status).toBe(200);
  return body as InclusionProof;
}

function check(file: string, ...options: string[]) {
  return runTool(ledger.service.folder, ['audit', 'check-proof', file, ...options]);
}
