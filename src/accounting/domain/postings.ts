import type { AcquirerLine } from '../../acquirer/domain/acquirer.events.js';
import type { EventData, LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { batchName } from '../../ledger/domain/request-name.js';
import type { ReversalData, SettledData } from '../../sales/domain/sale.events.js';
import type { Account } from './chart-of-accounts.js';
import { type Entry, mirrored, type Posting, posting, type PostingKind } from './posting.js';

/** The postings of an event, by the table of docs/books.md: a function of the event alone. */
export function postingsOf(event: LedgerEvent): Posting[] {
  switch (event.type) {
    case 'Sale': {
      const { amount, saleId } = event.data;
      return [saleTaken(entryOf('sale', event.data, saleId), amount)];
    }
    case 'Void': {
      const { amount, request } = event.data;
      return [saleUndone(entryOf('void', event.data, request), amount)];
    }
    case 'Refund':
      return refunded(event.data);
    case 'Settled':
      return [settled(event.data)];
    case 'Reversal':
      return undone(event.data);
    case 'BatchClosed':
      return closed(event.data);
    case 'ChargebackOpened':
    case 'ChargebackWon':
      return chargedBack(event);
    case 'PayoutSent':
    case 'PayoutPaid':
    case 'PayoutReturned':
      return [paidOut(event)];
    case 'ReserveReleased': {
      const { amount, heldUntil } = event.data;
      const entry = entryOf('reserve-release', event.data, heldUntil);
      return [posting(entry, { merchant_reserve: amount }, { merchant_available: amount })];
    }
    case 'WrittenOff': {
      const { amount, writeOffId } = event.data;
      const entry = entryOf('write-off', event.data, writeOffId);
      return [posting(entry, { bad_debt: amount }, { merchant_available: amount })];
    }
    case 'AcquirerPaid':
      return event.data.lines.map((line) => acquirerPaid(event.data, line));
    case 'ChargebackLost':
    case 'ApprovalRequested':
    case 'ApprovalDeclined':
    case 'RequestTaken':
    case 'Refused':
    case 'NothingToReverse':
    case 'BatchCloseRequested':
    case 'BatchReconciled':
    case 'MerchantRegistered':
    case 'MerchantPolicyChanged':
    case 'TerminalAssigned':
    case 'StoreLimitsSet':
    case 'AppealFiled':
    case 'AppealAnswered':
    case 'FailureReported':
    case 'RightFrozen':
    case 'RightRestored':
    case 'SupervisorSet':
    case 'SupervisorLocked':
    case 'CardReported':
    case 'CardRestored':
    case 'KeyAdded':
    case 'KeyRevoked':
    case 'SignatureUsed':
    case 'EventSkipped':
    case 'HeadSigned':
      return [];
  }
}

/** A close clears the refunds that were made in its batch, in each of their currencies. */
function closed({ refunds, ...batch }: EventData<'BatchClosed'>): Posting[] {
  return refunds.map(({ currency, amount }) =>
    refundsCleared(
      entryOf('refunds-cleared', { ...batch, currency }, batchName(batch)),
      BigInt(amount),
    ),
  );
}

/** What an event that moves money says of where it belongs. */
interface Booked {
  readonly merchantId: string;
  readonly currency: string;
  readonly businessDate: string;
  readonly saleId?: string;
}

function entryOf(kind: PostingKind, data: Booked, reference: string): Entry {
  const { merchantId, currency, businessDate: date, saleId } = data;
  return { kind, merchantId, currency, date, reference, saleId };
}

function saleTaken(entry: Entry, amount: number): Posting {
  return posting(entry, { acquirer_receivable: amount }, { merchant_pending: amount });
}

function saleUndone(entry: Entry, amount: number): Posting {
  return posting(entry, { merchant_pending: amount }, { acquirer_receivable: amount });
}

type Refunded = Booked & {
  readonly request: string;
  readonly amount: number;
  readonly afterSettlement: boolean;
  readonly feeReturned: number;
};

/** An unsettled sale's refund draws on its own pending money; the fee comes back only with a settled one's. */
function refunded(data: Refunded): Posting[] {
  const { amount, afterSettlement, feeReturned, request } = data;
  const from = afterSettlement ? 'merchant_available' : 'merchant_pending';
  const refund = posting(
    entryOf('refund', data, request),
    { [from]: amount },
    { refund_payable: amount },
  );
  if (feeReturned === 0) return [refund];
  const fee = posting(
    entryOf('fee-return', data, request),
    { mdr_revenue: feeReturned },
    { merchant_available: feeReturned },
  );
  return [refund, fee];
}

/** The mirror of what a reversal undoes. */
function undone(data: ReversalData): Posting[] {
  switch (data.undone) {
    case 'nothing':
      return [];
    case 'sale':
      return [saleUndone(entryOf('reversal', data, data.request), data.amount)];
    case 'void':
      return [saleTaken(entryOf('reversal', data, data.request), data.amount)];
    case 'refund':
      return refunded(data).map(mirrored);
  }
}

/** Below zero, what an earlier close had cleared was taken back since. */
function refundsCleared(entry: Entry, amount: bigint): Posting {
  return amount < 0n
    ? posting(entry, { acquirer_receivable: -amount }, { refund_payable: -amount })
    : posting(entry, { refund_payable: amount }, { acquirer_receivable: amount });
}

function settled(data: SettledData): Posting {
  const { gross, voided, refunded, fee, reserve, net } = data;
  return posting(
    entryOf('settlement', data, batchName(data)),
    { merchant_pending: gross - voided - refunded },
    { merchant_available: net, merchant_reserve: reserve, mdr_revenue: fee },
  );
}

/** The money goes back to the acquirer; won, it returns. The fee is a posting of its own. */
function chargedBack({
  type,
  data,
}: LedgerEvent & { readonly type: 'ChargebackOpened' | 'ChargebackWon' }): Posting[] {
  const { amount, chargebackId } = data;
  const entry = (kind: PostingKind): Entry => entryOf(kind, data, chargebackId);
  const ours = { merchant_available: amount };
  const theirs = { acquirer_receivable: amount };
  if (type === 'ChargebackOpened') {
    const { fee } = data;
    const charged = posting(
      entry('chargeback-fee'),
      { merchant_available: fee },
      { chargeback_fee: fee },
    );
    return [posting(entry('chargeback'), ours, theirs), ...(fee > 0 ? [charged] : [])];
  }
  const { feeReturned: fee } = data;
  const back = posting(
    entry('chargeback-fee-return'),
    { chargeback_fee: fee },
    { merchant_available: fee },
  );
  return [posting(entry('chargeback-won'), theirs, ours), ...(fee > 0 ? [back] : [])];
}

function paidOut({
  type,
  data,
}: LedgerEvent & { readonly type: 'PayoutSent' | 'PayoutPaid' | 'PayoutReturned' }): Posting {
  const { amount, payoutId } = data;
  const available = { merchant_available: amount };
  const inTransit = { payout_in_transit: amount };
  const bank = { settlement_bank: amount };
  switch (type) {
    case 'PayoutSent':
      return posting(entryOf('payout', data, payoutId), available, inTransit);
    case 'PayoutPaid':
      return posting(entryOf('payout-paid', data, payoutId), inTransit, bank);
    case 'PayoutReturned': {
      const from = data.afterPaid ? bank : inTransit;
      return posting(entryOf('payout-returned', data, payoutId), from, available);
    }
  }
}

/** What came in and what it cost takes down what the acquirer owes; money taken back is the other way round. */
function acquirerPaid(
  { currency, receivedOn, paymentId }: EventData<'AcquirerPaid'>,
  line: AcquirerLine,
): Posting {
  const { merchantId } = line;
  const [received, cost] = [BigInt(line.amount), BigInt(line.schemeCost)];
  const entry = { kind: 'acquirer-payment', merchantId, currency } as const;
  const debits: Partial<Record<Account, bigint>> = {};
  const credits: Partial<Record<Account, bigint>> = {};
  const debit = (account: Account, amount: bigint): void => {
    if (amount >= 0n) debits[account] = amount;
    else credits[account] = -amount;
  };
  debit('settlement_bank', received);
  debit('scheme_cost', cost);
  debit('acquirer_receivable', -(received + cost));
  return posting({ ...entry, date: receivedOn, reference: paymentId }, debits, credits);
}
