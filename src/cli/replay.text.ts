import type { Balance } from '../projections/books.view.js';
import { totalsOf } from '../accounting/books.render.js';
import type { ReplayedLedger } from '../audit/replay/replayed-ledger.js';
import type { Step } from '../audit/replay/sale-replay.js';
import { exactText } from '../http/json.js';
import { decimalText, moneyText } from '../ledger/domain/decimal.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { remaining, type Sale, statusOf } from '../sales/domain/sale.js';
import { renderSale, renderVoidability } from '../sales/sales.render.js';
import { counted } from './counted.js';
import { print } from './standard-output.js';

/** Some of what a verb prints: as JSON, or as text for people. */
export interface Shown {
  readonly json: object;
  readonly text: string;
}

export function show({ json, text }: Shown, asJson: boolean | undefined): void {
  print(asJson ? exactText(json) : text);
}

export function shownEvent({
  event,
  position,
  stream,
  revision,
  recordedAt,
  by,
}: RecordedEvent): Shown {
  const { type, data } = event;
  const { occurredAt } = data;
  return {
    json: { position, stream, revision, type, occurredAt, recordedAt, by, data },
    text: `${position} ${occurredAt} ${type} (${stream})`,
  };
}

/** An event, the sale behind it, and what could be done with that then. */
export function shownStep({ event, sale, voidability }: Step): Shown {
  const { json, text } = shownEvent(event);
  const { saleId } = sale.sale.data;
  const { decision, explanation } = voidability.answer;
  return {
    json: {
      event: json,
      sale: renderSale(sale),
      voidability: renderVoidability(saleId, voidability),
    },
    text: `${text}\n    ${saleText(sale.sale)}\n    ${decision}: ${explanation.en}`,
  };
}

export function saleText(sale: Sale): string {
  const { saleId, amount, currency } = sale.data;
  const left = moneyText(remaining(sale), currency);
  return `${saleId} ${statusOf(sale)}: ${left} of ${moneyText(amount, currency)} left`;
}

/** The ledger as it was, or one merchant of it; undefined where that was not registered by then. */
export function shownState(
  ledger: ReplayedLedger,
  merchantId: string | undefined,
): Shown | undefined {
  return merchantId === undefined ? shownLedger(ledger) : shownMerchant(ledger, merchantId);
}

function shownLedger(ledger: ReplayedLedger): Shown {
  const trialBalance = ledger.trialBalance();
  const totals = totalsOf(trialBalance);
  const merchants = ledger.merchants.size;
  const common = commonOf(ledger, undefined);
  const lines = totals.map(
    ({ currency, debit }) => `debits and credits of ${moneyText(debit, currency)}`,
  );
  return {
    json: { ...common.json, merchants, totals, trialBalance },
    text: [common.text, counted(merchants, 'merchant'), ...lines].join('\n'),
  };
}

function shownMerchant(ledger: ReplayedLedger, merchantId: string): Shown | undefined {
  const merchant = ledger.merchants.get(merchantId);
  if (!merchant) return undefined;
  const { settings, rights, terminals } = merchant;
  const balances = ledger.balances(merchantId);
  const common = commonOf(ledger, merchantId);
  const of = { merchantId, settings, rights, terminals: [...terminals.values()], balances };
  const frozen = Object.entries(rights).filter(([, status]) => status === 'frozen');
  return {
    json: { ...common.json, ...of },
    text: [
      `${merchantId} ${settings.name}`,
      common.text,
      ...frozen.map(([right]) => `the ${right} right is frozen`),
      ...balances.map(balanceText),
    ].join('\n'),
  };
}

function balanceText(balance: Balance): string {
  const { currency, pending, available, receivable, reserve, inTransit, paidOut } = balance;
  const text = (amount: bigint): string => decimalText(amount, currency);
  const owed = receivable > 0n ? `, ${text(receivable)} receivable` : '';
  const held = `${text(pending)} pending, ${text(available)} available${owed}, ${text(reserve)} in reserve`;
  return `${currency}: ${held}, ${text(inTransit)} in transit, ${text(paidOut)} paid out`;
}

export function leftOutText(position: string): string {
  return `the event at position ${position} is left out of what can't digest it`;
}

function commonOf(ledger: ReplayedLedger, merchantId: string | undefined): Shown {
  const { events, last, leftOut } = ledger;
  const sales = ledger.sales(merchantId);
  const openBatches = ledger.openBatches(merchantId);
  const asOf = last && { position: last.position, time: last.occurredAt };
  return {
    json: { asOf, events, leftOut, sales, openBatches },
    text: [
      `${counted(events, 'event')}${asOf ? `, the last of ${asOf.time} at position ${asOf.position}` : ''}`,
      ...leftOut.map(leftOutText),
      ...sales.map(
        ({ currency, status, count, amount }) =>
          `sales ${status}: ${count}, of ${moneyText(amount, currency)}`,
      ),
      ...openBatches.map(({ name, status }) => `batch ${name} is ${status}`),
    ].join('\n'),
  };
}
