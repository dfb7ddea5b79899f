import { legible } from '../http/legible.js';
import type { Clock } from '../ledger/clock.js';
import { electronic } from '../merchants/domain/iban.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import type { PayoutRow } from '../projections/payouts.view.js';
import type { Views } from '../projections/views.js';
import { payoutName } from './domain/payout.js';
import type { Refusal } from '../sales/domain/refusal.js';
import { booksRefusals } from './domain/books-refusals.js';
import { type Instruction, type Payer, payoutCsv, payoutXml } from './payout-file.js';

/** Files that tell a bank what to pay. */
export class PayoutFiles {
  constructor(
    private readonly directory: MerchantDirectory,
    private readonly views: Views,
    private readonly clock: Clock,
    private readonly payer: Payer | undefined,
  ) {}

  /** The payouts of a date that the bank has reported neither paid nor returned. ISO 20022 must say who pays. */
  async file(
    date: string,
    format: 'csv' | 'xml',
  ): Promise<{ readonly text: string } | { readonly refusal: Refusal }> {
    const rows = this.views.payouts.ofDate(date).filter(({ status }) => status === 'sent');
    if (rows.length === 0) return { refusal: booksRefusals.nothingToPay() };
    const instructions = await Promise.all(rows.map((row) => this.instruction(row)));
    if (format === 'csv') return { text: payoutCsv(date, instructions) };
    if (!this.payer) return { refusal: booksRefusals.payerNotSet() };
    return { text: payoutXml(date, instructions, this.payer, this.clock.now()) };
  }

  private async instruction(row: PayoutRow): Promise<Instruction> {
    const { merchantId, currency, number, amount } = row;
    // Logs of earlier versions have an IBAN as it was spelled.
    const account = electronic(row.account ?? {});
    const settings = (await this.directory.find(merchantId))?.merchant.settings;
    const name = account.name ?? settings?.name ?? merchantId;
    const payoutId = payoutName(merchantId, currency, number);
    return { payoutId, merchantId, name: legible(name), account, currency, amount };
  }
}
