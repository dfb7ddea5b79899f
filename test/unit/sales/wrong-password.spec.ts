import { expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { name, sell } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { BY, type TestLedger } from '../../support/test-ledger.js';
import { hear, twoNodes } from '../../support/two-nodes.js';

/** As a route hands it on: passwords are no part of the content. */
function voidBy(node: TestLedger, password: string) {
  const content = { ...name(5), reason: 'wrong size' };
  const command = {
    ...content,
    saleId: 'M1.T1.000001.000001',
    supervisor: { id: 'boss', password },
  };
  const sent = { content: { ...content, supervisor: { id: 'boss' } }, by: BY, ifMatch: undefined };
  return node.ledger.giveBacks.giveBack({ ...command, asked: 'void' }, sent);
}

test('a void whose name another node has taken with the right password is not refused for a wrong one beside it', async () => {
  const { one, other, network, networkOfOther } = await twoNodes();
  const voidPolicy = { supervisorAbove: of(1) };
  await one.register('M1', settings({ voidPolicy }), { T1: 'S1' });
  const boss = { name: 'Boss', password: 'right-password' };
  await one.ledger.merchants.setSupervisor('M1', 'boss', boss, BY);
  await one.send(sell(1));
  await hear(other);
  const taking = networkOfOther.holdNext('sale-M1.T1.000001.000005');
  const wrong = voidBy(other, 'wrong-password');
  await taking.sent;
  const effect = network.holdNext('sale-M1.T1.000001.000001');
  const right = voidBy(one, 'right-password');
  await effect.sent;
  taking.letGo();
  await wrong;
  effect.letGo();
  expect(await right).toHaveProperty('answer');
});
