import { generateKeyPairSync, sign } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { isSigned, lackingIn, SigningKey } from '../../../src/audit/domain/signed-head.js';
import type { SignedHead } from '../../../src/audit/domain/trail.events.js';
import { HeadSigner } from '../../../src/audit/head-signer.js';
import { canonicalJson } from '../../../src/ledger/canonical-json.js';
import { Journal } from '../../../src/ledger/journal.js';
import { Views } from '../../../src/projections/views.js';
import { settings } from '../../support/facts.js';
import { newFolderInMemory } from '../../support/store-folder.js';
import { TestLedger } from '../../support/test-ledger.js';
import { newSigningKey } from '../../support/verified-log.js';

const MINUTE_MS = 60_000;

let ledger: TestLedger;
/** How far ahead of the wall clock, by which heads are recorded, the signers' own is. */
let later: number;

beforeEach(async () => {
  ledger = await TestLedger.open();
  later = 0;
});

function signerOn(views: Views): HeadSigner {
  const wallClock = (): number => Date.now() + later;
  return new HeadSigner(views, new Journal(ledger.store), newSigningKey(), ledger.clock, wallClock);
}

async function heads(): Promise<SignedHead[]> {
  return (await ledger.log()).flatMap(({ event }) =>
    event.type === 'HeadSigned' ? [event.data] : [],
  );
}

/** What every look of a signer finds once the views are there. */
async function look(signer: HeadSigner): Promise<void> {
  await ledger.caughtUp();
  await signer.signIfDue();
}

test('a log that grows is signed once a minute, with all that it has by then', async () => {
  const signer = signerOn(ledger.views);
  await ledger.register('M1', settings(), { T1: 'S1' });
  await look(signer);
  expect(await heads()).toEqual([]);
  later = MINUTE_MS;
  await look(signer);
  later = 0;
  await ledger.register('M2', settings(), {});
  await look(signer);
  expect((await heads()).map(({ treeSize }) => treeSize)).toEqual([2]);
  later = MINUTE_MS;
  await look(signer);
  expect((await heads()).map(({ treeSize }) => treeSize)).toEqual([2, 4]);
});

test('a log is signed also where the last head was recorded by a clock that was far ahead', async () => {
  const signer = signerOn(ledger.views);
  await ledger.register('M1', settings(), {});
  later = MINUTE_MS;
  await look(signer);
  await ledger.register('M2', settings(), {});
  later = -30 * 24 * 60 * MINUTE_MS;
  await look(signer);
  expect(await heads()).toHaveLength(2);
});

test('a log that has only its own heads to sign is left alone', async () => {
  const signer = signerOn(ledger.views);
  await ledger.register('M1', settings(), {});
  later = MINUTE_MS;
  for (let looks = 0; looks < 3; looks += 1) await look(signer);
  expect(await heads()).toHaveLength(1);
});

test('a closed batch is signed at once', async () => {
  const signer = signerOn(ledger.views);
  const batch = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001' };
  await ledger.register('M1', settings(), { T1: 'S1' });
  const card = { token: 'tok_1', last4: '4242' };
  await ledger.send({ op: 'sale', ...batch, stan: '000001', amount: 100, currency: 'CNY', card });
  await ledger.send({ op: 'close', ...batch });
  await look(signer);
  await look(signer);
  expect((await heads()).map(({ treeSize }) => treeSize)).toEqual([6]);
});

test('a node that starts goes on from the last head, whoever has signed it', async () => {
  const signer = signerOn(ledger.views);
  await ledger.register('M1', settings(), {});
  later = MINUTE_MS;
  await look(signer);
  await ledger.register('M2', settings(), {});
  later = 0;
  await look(signerOn(ledger.views));
  expect(await heads()).toHaveLength(1);
  later = MINUTE_MS;
  await look(signerOn(ledger.views));
  expect(await heads()).toHaveLength(2);
});

test('of nodes that sign at the same moment one does', async () => {
  const { store } = ledger;
  const other = await Views.open({ viewsDir: newFolderInMemory(), eventStoreUrl: '', store });
  const signers = [signerOn(ledger.views), signerOn(other)];
  await ledger.register('M1', settings(), {});
  await ledger.caughtUp();
  await other.waitFor(await store.head());
  later = MINUTE_MS;
  await Promise.all(signers.map((signer) => signer.signIfDue()));
  expect(await heads()).toHaveLength(1);
  await other.close();
});

describe('a head', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const own = new SigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  const unsigned = { treeSize: 1, rootHash: 'ab', occurredAt: '2026-11-24T02:00:00.000Z' };

  /** Signed by our key, and said to be of another. */
  function signedAs(keyId: string): SignedHead {
    const named = { ...unsigned, keyId };
    const signature = sign(null, Buffer.from(canonicalJson(named)), privateKey).toString('base64');
    return { ...named, publicKey: own.publicKey, signature };
  }

  test('is signed by the key that it names, and by no other', () => {
    const { keyId } = own.sign(unsigned);
    expect(signedAs(keyId)).toEqual(own.sign(unsigned));
    expect(isSigned(signedAs(keyId))).toBe(true);
    expect(isSigned(signedAs(newSigningKey().sign(unsigned).keyId))).toBe(false);
  });
  test('lacks what is no size of a tree, or no text', () => {
    const head = own.sign(unsigned);
    expect(lackingIn(head)).toBeUndefined();
    expect(lackingIn({ ...head, treeSize: -1 })).toBe('treeSize');
    expect(lackingIn({ ...head, treeSize: 0.5 })).toBe('treeSize');
    expect(lackingIn({ ...head, rootHash: 7 })).toBe('rootHash');
  });
  test('is signed by nobody where its base64 is not as it is written', () => {
    const head = own.sign(unsigned);
    expect(isSigned({ ...head, signature: `${head.signature}\n` })).toBe(false);
    expect(isSigned({ ...head, publicKey: head.publicKey.replace('=', '') })).toBe(false);
  });
  test('with a key that is none is signed by none', () => {
    const keyId = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(isSigned({ ...signedAs(keyId), publicKey: '' })).toBe(false);
  });
});
