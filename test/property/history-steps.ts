import fc from 'fast-check';

const small = (max: number) => fc.integer({ min: 0, max });

const rarely = <T>(mostly: T, ...others: T[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(mostly) }, fc.constantFrom(...others));

/** Where a request comes from: few of each, so that names meet. */
const place = {
  merchant: small(1),
  terminal: small(1),
  batch: small(1),
  stan: fc.integer({ min: 1, max: 6 }),
};

const sale = fc.record({
  does: fc.constant('sale' as const),
  ...place,
  amount: fc.oneof(fc.integer({ min: 100, max: 300 }), fc.constant(999_999_999_999)),
  /** The terminal's own, or one that it does not sell in. */
  currency: rarely('own', 'USD'),
  card: fc.constantFrom('tok_1', 'tok_2'),
});

const back = fc.record({
  does: fc.constant('back' as const),
  ...place,
  stan: fc.integer({ min: 5, max: 30 }),
  op: fc.constantFrom('void' as const, 'refund' as const, 'reversal' as const),
  /** Which of the sales taken so far. */
  target: small(30),
  amount: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined, freq: 3 }),
  ifMatch: rarely<number | undefined>(undefined, 0, 1, 2),
  isStranger: rarely(false, true),
  isUnknown: rarely(false, true),
});

const settle = fc.record({ does: fc.constant('settle' as const), target: small(30) });

const decide = fc.record({
  does: fc.constant('decide' as const),
  op: fc.constantFrom('approve' as const, 'decline' as const),
  /** Which of those that have waited for an approval so far. */
  target: small(10),
});

const close = fc.record({
  does: fc.constant('close' as const),
  merchant: small(1),
  terminal: small(1),
  batch: small(1),
  sends: fc.constantFrom('nothing' as const, 'totals' as const),
});

const dayClose = fc.record({
  does: fc.constant('day-close' as const),
  merchant: small(1),
  store: fc.option(fc.constantFrom('S0', 'S1'), { nil: undefined }),
});

const timeout = fc.record({
  does: fc.constant('timeout' as const),
  ...place,
  stan: fc.integer({ min: 20, max: 35 }),
  original: fc.integer({ min: 1, max: 30 }),
});

/** What is told to the books: by operators, the acquirer and the bank. */
const books = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('payouts' as const), days: small(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('payout' as const),
      which: small(20),
      end: fc.constantFrom('paid' as const, 'returned' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('acquirer' as const),
      merchant: small(1),
      isOther: fc.boolean(),
      payment: small(9),
      amount: fc.integer({ min: -500, max: 5_000 }),
      schemeCost: small(50),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('chargeback' as const),
      target: small(30),
      amount: fc.option(fc.integer({ min: 1, max: 150 }), { nil: undefined }),
      fee: small(20),
      name: small(2),
      end: fc.constantFrom('open' as const, 'won' as const, 'lost' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('write-off' as const),
      merchant: small(1),
      isOther: fc.boolean(),
      name: small(5),
    }),
  },
);

const repeat = fc.record({ does: fc.constant('repeat' as const), which: small(60) });

const sent = fc.oneof(
  { weight: 8, arbitrary: sale },
  { weight: 16, arbitrary: back },
  { weight: 2, arbitrary: settle },
  { weight: 4, arbitrary: decide },
  { weight: 1, arbitrary: close },
  { weight: 1, arbitrary: dayClose },
  { weight: 3, arbitrary: timeout },
  { weight: 4, arbitrary: books },
  { weight: 3, arbitrary: repeat },
);

const around = fc.oneof(
  fc.record({ does: fc.constant('wait' as const), hours: fc.integer({ min: -3, max: 15 }) }),
  fc.record({ does: fc.constant('due' as const) }),
  fc.record({ does: fc.constant('restart' as const) }),
  fc.record({
    does: fc.constant('card' as const),
    status: fc.constantFrom('active' as const, 'lost' as const),
  }),
  fc.record({
    does: fc.constant('right' as const),
    merchant: small(1),
    right: fc.constantFrom('void' as const, 'refund' as const, 'payout' as const),
    status: fc.constantFrom('active' as const, 'frozen' as const),
  }),
  fc.record({
    does: fc.constant('policy' as const),
    merchant: small(1),
    partial: fc.boolean(),
    whileVoidable: fc.constantFrom('allow' as const, 'refuse' as const),
    basisPoints: fc.constantFrom(0, 60, 10_000),
  }),
);

/** What happens in a history, in any order. */
export const step = fc.oneof(
  { weight: 20, arbitrary: sent },
  { weight: 5, arbitrary: around },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('together' as const),
      all: fc.array(sent, { minLength: 2, maxLength: 8 }),
    }),
  },
);

type ValueOf<A> = A extends fc.Arbitrary<infer V> ? V : never;
export type Sent = ValueOf<typeof sent>;
export type Step = ValueOf<typeof step>;
