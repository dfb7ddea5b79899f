import type { LedgerEvent, LedgerEventType } from '../../ledger/domain/ledger-event.js';

const NONE: readonly string[] = [];

/** A version that gave events fields which they had lacked. */
interface Since {
  readonly lacked: Partial<Record<LedgerEventType, readonly string[]>>;
  /** Events that came with it, or later. */
  readonly marks: ReadonlySet<LedgerEventType>;
}

/** The only fields that a true event may lack, the latest last: whoever wrote one of these had all before it, too. */
const VERSIONS: readonly Since[] = [
  {
    // Fees by card type, and reserve that is released: before there were payouts, a settlement said neither's part.
    lacked: { Settled: ['cardType', 'reserveUntil'] },
    marks: new Set<LedgerEventType>(['PayoutSent', 'ReserveReleased', 'WrittenOff', 'HeadSigned']),
  },
  {
    // What limits go by: before there were limits, nothing was counted by store or card.
    lacked: {
      Void: ['storeId', 'cardToken'],
      Refund: ['storeId', 'cardToken'],
      Reversal: ['counted'],
    },
    marks: new Set<LedgerEventType>(['StoreLimitsSet']),
  },
  {
    // How many refunds a close counts: before, none came behind a close.
    lacked: { BatchClosed: ['refundsCounted'] },
    marks: new Set<LedgerEventType>(['ApprovalRequested', 'AppealFiled']),
  },
  {
    // What a void had taken of a sale that was reversed before it: before, the void stayed with the sale.
    lacked: { Reversal: ['voided'] },
    marks: new Set<LedgerEventType>(),
  },
  {
    // The reference number of a void or refund, which only its receipt reckoned, and a batch's currency.
    lacked: {
      Void: ['rrn'],
      Refund: ['rrn'],
      ApprovalRequested: ['rrn'],
      BatchClosed: ['currency'],
    },
    marks: new Set<LedgerEventType>(),
  },
  {
    // What a terminal sent late: before, only what came of it was written.
    lacked: { BatchReconciled: ['totals', 'itemsDigest'] },
    marks: new Set<LedgerEventType>(),
  },
];

type Lacked = Partial<Record<LedgerEventType, readonly string[]>>;

/** By how many of the versions are passed: what those behind them gave. */
const LACKED: readonly Lacked[] = VERSIONS.map((_, passed) => {
  const all: Lacked = {};
  for (const { lacked } of VERSIONS.slice(passed)) {
    for (const [type, names] of Object.entries(lacked) as [LedgerEventType, readonly string[]][]) {
      all[type] = [...(all[type] ?? NONE), ...names];
    }
  }
  return all;
});

/**
 * Which fields an event may lack because the version that wrote it did not know them: only as long as nothing in the log
 * comes from a version that does.
 */
export class OlderEvents {
  /** So many of the versions are known to be passed. */
  private passed = 0;

  /** To be told of every event, before it is judged. */
  see({ type, data }: LedgerEvent): void {
    for (let at = VERSIONS.length; at > this.passed; at -= 1) {
      if (isOf(VERSIONS[at - 1] as Since, type, data)) this.passed = at;
    }
  }

  mayLack(type: LedgerEventType): readonly string[] {
    return LACKED[this.passed]?.[type] ?? NONE;
  }
}

function isOf({ lacked, marks }: Since, type: LedgerEventType, data: object): boolean {
  return marks.has(type) || lacked[type]?.some((name) => name in data) === true;
}
