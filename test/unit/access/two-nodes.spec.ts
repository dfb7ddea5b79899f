import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Key } from '../../../src/access/domain/key.js';
import { STALE_MS } from '../../../src/ledger/news.js';
import { HeldStore } from '../../support/held-store.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';
import { letTimePass } from '../../support/time-passes.js';
import { hear, twoNodes } from '../../support/two-nodes.js';

async function newKey({ ledger }: TestLedger): Promise<string> {
  const added = await ledger.keys.add({ holder: { scope: 'auditor' } }, BY);
  if (!('answer' in added)) throw new Error('no key was made');
  return added.answer.key.keyId;
}

const revoke = (node: TestLedger, keyId: string) => node.ledger.keys.revoke(keyId, undefined, BY);

const isRevoked = (key: Key | undefined) => key?.revokedAt !== undefined;

describe('a key that one node revokes', () => {
  let one: TestLedger;
  let other: TestLedger;
  let network: HeldStore;
  let networkOfOther: HeldStore;
  let keyId: string;

  beforeEach(async () => {
    ({ one, other, network, networkOfOther } = await twoNodes());
    // No two machines have quite the same time.
    other.at('2026-11-24T02:00:00.250Z');
    keyId = await newKey(one);
  });

  const found = async (node: TestLedger) => isRevoked((await node.ledger.keyring.find(keyId)).key);

  const revocations = async () =>
    (await one.log()).filter(({ event }) => event.type === 'KeyRevoked').length;

  test('opens nothing at the other, which knew it, once its memory may be out of date', async () => {
    expect(await found(other)).toBe(false);
    await revoke(one, keyId);
    letTimePass(STALE_MS);
    expect(other.ledger.keyring.known(keyId)).toBeUndefined();
    expect(await found(other)).toBe(true);
  });

  test('opens nothing at the other, which knew it, once that has heard', async () => {
    expect(await found(other)).toBe(false);
    await revoke(one, keyId);
    await hear(other);
    expect(await found(other)).toBe(true);
  });

  test('opens nothing at the other, which heard of that while it read the key', async () => {
    const answer = networkOfOther.holdNextAnswer(`key-${keyId}`);
    const finding = found(other);
    await answer.sent;
    await revoke(one, keyId);
    await hear(other);
    answer.letGo();

    expect(await finding).toBe(true);
    expect(await found(other)).toBe(true);
  });

  test('is revoked once, though the other is asked for that as well and has not heard', async () => {
    expect(await found(other)).toBe(false);
    const first = await revoke(one, keyId);

    expect(await revoke(other, keyId)).toEqual(first);
    expect(await revocations()).toBe(1);
  });

  test('is revoked once, though the other is faster', async () => {
    const revocation = network.holdNext(`key-${keyId}`);
    const revoking = revoke(one, keyId);
    await revocation.sent;
    const first = await revoke(other, keyId);
    revocation.letGo();

    expect(await revoking).toEqual(first);
    expect(await revocations()).toBe(1);
  });
});

test('a key that is revoked while it is read opens nothing when that has been read', async () => {
  const disk = new HeldStore();
  const ledger = await TestLedger.open(newSqliteLog(), { wrap: disk.wrap });
  const keyId = await newKey(ledger);
  const answer = disk.holdNextAnswer(`key-${keyId}`);
  const reading = ledger.ledger.keyring.reload(keyId);
  await answer.sent;
  await revoke(ledger, keyId);
  answer.letGo();

  expect(isRevoked((await reading).key)).toBe(true);
  expect(isRevoked(ledger.ledger.keyring.known(keyId)?.key)).toBe(true);
});
