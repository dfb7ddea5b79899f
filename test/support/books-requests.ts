import type { Ledger } from '../../src/compose-ledger.js';
import type { Actor } from '../../src/ledger/domain/ledger-event.js';
import type { Outcome } from '../../src/sales/sales.commands.js';

/** What an operator, the acquirer or a bank tells the books, as plain data. */
export type BooksSending =
  | { readonly op: 'payouts'; readonly date: string }
  | { readonly op: 'payout-paid' | 'payout-returned'; readonly payoutId: string }
  | {
      readonly op: 'acquirer-paid';
      readonly paymentId: string;
      readonly merchantId: string;
      readonly currency: string;
      readonly date: string;
      readonly amount: string;
      readonly schemeCost: string;
    }
  | {
      readonly op: 'chargeback';
      readonly saleId: string;
      readonly chargebackId: string;
      readonly amount?: number;
      readonly fee: number;
    }
  | {
      readonly op: 'chargeback-won' | 'chargeback-lost';
      readonly saleId: string;
      readonly chargebackId: string;
    }
  | {
      readonly op: 'write-off';
      readonly merchantId: string;
      readonly writeOffId: string;
      readonly currency: string;
    };

/** Hands it to the handler that a route would hand it to. */
export async function sendToBooks(
  { payouts, acquirer, chargebacks, writeOffs }: Ledger,
  sending: BooksSending,
  by: Actor,
): Promise<Outcome<unknown>> {
  switch (sending.op) {
    case 'payouts':
      return { answer: await payouts.run(sending.date, by), replayed: false };
    case 'payout-paid':
      return payouts.paid(sending.payoutId, 'B1', by);
    case 'payout-returned':
      return payouts.returned(sending.payoutId, 'account closed', by);
    case 'acquirer-paid': {
      const { paymentId, merchantId, currency, date, amount, schemeCost } = sending;
      const lines = [{ merchantId, businessDate: date, amount, schemeCost }];
      return acquirer.record({ paymentId, currency, receivedOn: date, lines }, by);
    }
    case 'chargeback': {
      const { saleId, chargebackId, fee, amount } = sending;
      const some = amount !== undefined && { amount };
      const command = { chargebackId, fee, reason: 'not received', ...some };
      return chargebacks.open(saleId, command, by);
    }
    case 'chargeback-won':
      return chargebacks.won(sending.saleId, sending.chargebackId, true, by);
    case 'chargeback-lost':
      return chargebacks.lost(sending.saleId, sending.chargebackId, by);
    case 'write-off': {
      const { merchantId, writeOffId, currency } = sending;
      return writeOffs.writeOff(merchantId, { writeOffId, currency, reason: 'gone' }, by);
    }
  }
}
