import { describe, expect, test } from '@jest/globals';
import { approve } from '../../../src/sales/domain/approval.js';
import { evolveSale } from '../../../src/sales/domain/sale.js';
import { merchantWith, refundAwaiting, sale, settled, voided } from '../../support/facts.js';
import {
  foldMerchantOf,
  given,
  of,
  refundIt,
  refundOf,
  voidIt,
  voidOf,
} from '../../support/specification.js';

const requiresOf = (world: ReturnType<typeof given>, amount?: number) =>
  world.asked({ amount }).requires;

describe('the customer’s consent', () => {
  const world = given(merchantWith({ voidPolicy: { consent: true } }), sale, voided(1_000));

  test('is asked for a void, and refused without', () => {
    expect(requiresOf(world)).toEqual(['consent']);
    world.when(voidIt).thenRejected('consent', { nextStep: 'retry' });
    world.when(voidOf({ consent: false })).thenRejected('consent');
    world.when(voidOf({ consent: true })).then('Void', { consent: true });
    given(sale)
      .when(voidOf({ consent: false }))
      .then('Void', { consent: false });
  });
  test('is not asked for a refund', () => {
    const past = given(merchantWith({ voidPolicy: { consent: true } }), sale, settled);
    expect(requiresOf(past)).toEqual([]);
    past.when(refundIt).then('Refund');
  });
});

describe('the card of the sale', () => {
  const world = given(merchantWith({ voidPolicy: { cardPresent: true } }), sale);

  test('is asked for where the policy says so', () => {
    expect(requiresOf(world)).toEqual(['card']);
    world.when(voidIt).thenRejected('card', { responseCode: '14', nextStep: 'retry' });
    world.when(voidOf({ card: { token: 'tok_1' } })).then('Void', { cardPresented: true });
  });
  test('is not asked for a refund', () => {
    const past = given(merchantWith({ voidPolicy: { cardPresent: true } }), sale, settled);
    expect(requiresOf(past)).toEqual([]);
    past.when(refundIt).then('Refund');
  });
  test('is the only one accepted, even where none is asked for', () => {
    const other = { card: { token: 'tok_2' } };
    world.when(voidOf(other)).thenRejected('card', { responseCode: '14' });
    given(sale).when(voidOf(other)).thenRejected('card', { responseCode: '14' });
    const digits = (last4: string) => voidOf({ card: { token: 'tok_1', last4 } });
    given(sale).when(digits('4243')).thenRejected('card', { responseCode: '14' });
    given(sale).when(digits('4242')).then('Void', { cardPresented: true });
    given(sale, settled).when(refundOf(other)).thenRejected('card', { responseCode: '14' });
  });
});

describe('an approval', () => {
  test('is asked for above the amount of the policy, of what is to be voided', () => {
    const world = given(merchantWith({ voidPolicy: { approvalAbove: of(500) } }), sale);
    expect(requiresOf(world)).toEqual(['approval']);
    expect(requiresOf(world, 501)).toEqual(['approval']);
    expect(requiresOf(world, 500)).toEqual([]);
    world.when(voidOf({ amount: 500 })).then('Void');
  });
  test('above 0 means always', () => {
    const world = given(merchantWith({ voidPolicy: { approvalAbove: of(0) } }), sale);
    expect(requiresOf(world, 1)).toEqual(['approval']);
  });
  test('for refunds goes by the refund policy', () => {
    const policy = { refundPolicy: { approvalAbove: of(500) } };
    const world = given(merchantWith(policy), sale, settled);
    expect(requiresOf(world, 501)).toEqual(['approval']);
    expect(requiresOf(world, 500)).toEqual([]);
  });
  test('comes too late at the very moment at which the request expires', () => {
    const asked = refundAwaiting(2_000);
    const state = [sale, settled, asked].reduce(evolveSale, undefined);
    const [waiting] = state?.approvals ?? [];
    if (!waiting) throw new Error('nothing waits');
    const expiry = Date.parse(asked.data.expiresAt);
    const merchant = foldMerchantOf(merchantWith({}));
    const question = { sale: state, merchant, card: 'active', batch: 'closed' } as const;
    const at = (now: number) => approve(waiting, { ...question, now }, {}).event;
    expect(at(expiry - 1)).toMatchObject({
      type: 'Refund',
      data: { amount: 2_000, occurredAt: '2026-11-25T01:59:59.999Z' },
    });
    expect(at(expiry)).toMatchObject({ type: 'ApprovalDeclined', data: { why: 'expired' } });
  });
});

describe('the time that an approval has', () => {
  const withPolicies = merchantWith({
    voidPolicy: { approvalAbove: of(0), windowMinutes: 150 },
    refundPolicy: { approvalAbove: of(0) },
  });

  test.each([
    ['a day', {}, '2026-11-25T16:00:00.000Z'],
    ['as long as its policy says', { approvalMinutes: 30 }, '2026-11-24T16:30:00.000Z'],
  ])('is %s', (_, time, expiresAt) => {
    const refundPolicy = { approvalAbove: of(0), ...time };
    given(merchantWith({ voidPolicy: { approvalMinutes: 7 }, refundPolicy }), sale, settled)
      .at('2026-11-24T16:00:00.000Z')
      .when(refundIt)
      .then('ApprovalRequested', { expiresAt });
  });
  test('ends with the time that a void has', () => {
    given(withPolicies, sale)
      .when(voidIt)
      .then('ApprovalRequested', { kind: 'void', expiresAt: '2026-11-24T04:30:00.000Z' });
  });
  test('of a refund ends with the business date that it is asked on', () => {
    given(withPolicies, sale, settled)
      .at('2026-11-26T10:00:00.000Z')
      .when(refundIt)
      .then('ApprovalRequested', { kind: 'refund', expiresAt: '2026-11-26T16:00:00.000Z' });
  });
});

describe('a supervisor', () => {
  test('is asked for above the amount of the policy', () => {
    const policy = { voidPolicy: { supervisorAbove: of(500) } };
    const world = given(merchantWith(policy), sale);
    expect(requiresOf(world, 500)).toEqual([]);
    expect(requiresOf(world, 501)).toEqual(['supervisor']);
    world.when(voidOf({ amount: 500 })).then('Void');
    world
      .when(voidOf({ amount: 501 }))
      .thenRejected('supervisor', { responseCode: '55', nextStep: 'call-supervisor' });
  });
  test('who is recognised lets it through, and is named', () => {
    const world = given(merchantWith({ voidPolicy: { supervisorAbove: of(500) } }), sale);
    world
      .when(voidOf({ approver: { id: 'anna', verdict: 'recognised' } }))
      .then('Void', { supervisorId: 'anna' });
  });
  test.each([
    ['wrong', 'call-supervisor'],
    ['locked', 'contact-acquirer'],
  ] as const)('who is %s is refused also where none is asked for', (verdict, nextStep) => {
    given(sale)
      .when(voidOf({ approver: { id: 'anna', verdict } }))
      .thenRejected('supervisor', { responseCode: '55', nextStep });
  });
  test('for refunds goes by the refund policy', () => {
    const policy = { refundPolicy: { supervisorAbove: of(500) } };
    const world = given(merchantWith(policy), sale, settled);
    expect(requiresOf(world, 501)).toEqual(['supervisor']);
    expect(requiresOf(world, 500)).toEqual([]);
  });
});

test('a condition that fails comes before what was not brought along', () => {
  given(merchantWith({ voidPolicy: { consent: true } }), sale, settled)
    .when(voidIt)
    .thenRejected('funds-not-settled');
});

test('nothing is required for what can’t be done at all', () => {
  expect(requiresOf(given(merchantWith({ voidPolicy: { consent: true } })))).toEqual([]);
});
