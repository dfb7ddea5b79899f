import { stringify } from 'csv-stringify/sync';
import { isIBAN } from 'class-validator';
import Builder from 'fast-xml-builder';
import { timeText } from '../ledger/clock.js';
import { controlSum, decimalText } from '../ledger/domain/decimal.js';
import { eventId } from '../ledger/event-id.js';
import type { PayoutAccount } from '../merchants/domain/merchant.events.js';

/** A payout as a bank is told to make it. `amount` in minor units. */
export interface Instruction {
  readonly payoutId: string;
  readonly merchantId: string;
  /** The account holder's. */
  readonly name: string;
  readonly account: PayoutAccount;
  readonly currency: string;
  readonly amount: bigint;
}

/** Who pays, as the bank knows it: the account is an IBAN, or a number of the bank's own. */
export interface Payer {
  readonly name: string;
  readonly account: string;
  readonly bic?: string | undefined;
}

/** Namespace of message names. */
const NAMESPACE = Buffer.from('2f0f3c8631a54b618f5f0d0f7f6fb3f2', 'hex');

/** The instructions as CSV, amounts in major units. */
export function payoutCsv(date: string, instructions: readonly Instruction[]): string {
  const rows = instructions.map(({ payoutId, merchantId, name, account, currency, amount }) => ({
    date,
    payoutId,
    merchantId,
    name,
    iban: account.iban,
    accountNumber: account.number,
    bic: account.bic,
    currency,
    amount: decimalText(amount, currency),
  }));
  const columns = ['date', 'payoutId', 'merchantId', 'name', 'iban', 'accountNumber', 'bic'];
  return stringify(rows, { header: true, columns: [...columns, 'currency', 'amount'] });
}

/**
 * The instructions as an ISO 20022 customer credit transfer (pain.001.001.09), a payment block each, named as the payout
 * is: a bank knows an instruction again, whatever file it comes in. The same instructions make the same message name.
 * @param now epoch milliseconds
 */
export function payoutXml(
  date: string,
  instructions: readonly Instruction[],
  payer: Payer,
  now: number,
): string {
  const name = eventId(instructions.map(({ payoutId }) => payoutId).join(' '), NAMESPACE);
  const document = {
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    Document: {
      '@xmlns': 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09',
      CstmrCdtTrfInitn: {
        GrpHdr: {
          MsgId: name.replaceAll('-', ''),
          CreDtTm: timeText(now),
          NbOfTxs: instructions.length,
          CtrlSum: controlSum(instructions),
          InitgPty: { Nm: payer.name },
        },
        PmtInf: instructions.map((instruction) => block(date, instruction, payer)),
      },
    },
  };
  return new Builder({ ignoreAttributes: false, attributeNamePrefix: '@', format: true }).build(
    document,
  );
}

const NOT_PROVIDED = { Othr: { Id: 'NOTPROVIDED' } };

function block(date: string, instruction: Instruction, { name, account, bic }: Payer): object {
  return {
    PmtInfId: instruction.payoutId,
    PmtMtd: 'TRF',
    NbOfTxs: 1,
    CtrlSum: controlSum([instruction]),
    ReqdExctnDt: { Dt: date },
    Dbtr: { Nm: name },
    DbtrAcct: {
      Id: accountId(isIBAN(account) ? account : undefined, account),
      Ccy: instruction.currency,
    },
    DbtrAgt: { FinInstnId: bic === undefined ? NOT_PROVIDED : { BICFI: bic } },
    CdtTrfTxInf: transfer(instruction),
  };
}

function transfer({ payoutId, merchantId, name, account, currency, amount }: Instruction): object {
  const { iban, number = merchantId, bic } = account;
  return {
    PmtId: { InstrId: payoutId, EndToEndId: payoutId },
    Amt: { InstdAmt: { '@Ccy': currency, '#text': decimalText(amount, currency) } },
    ...(bic !== undefined && { CdtrAgt: { FinInstnId: { BICFI: bic } } }),
    Cdtr: { Nm: name },
    CdtrAcct: { Id: accountId(iban, number) },
    RmtInf: { Ustrd: `payout ${payoutId}` },
  };
}

function accountId(iban: string | undefined, number: string): object {
  return iban === undefined ? { Othr: { Id: number } } : { IBAN: iban };
}
