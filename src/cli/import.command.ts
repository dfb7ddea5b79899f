import { isTimeZone } from 'class-validator';
import { Command, InvalidArgumentError } from 'commander';
import { type Settings, settingsOfProcess } from '../config.js';
import { exactText } from '../http/json.js';
import type { MerchantSettings } from '../merchants/domain/merchant.events.js';
import { settingsOf } from '../merchants/merchants.dto.js';
import { faultsOf, type ImportSummary, TradeImport } from './import.js';
import { type Column, COLUMNS, KINDS, type Layout, readTrade } from './import-rows.js';
import { OwnLedger, type PlayedLedger } from './played-ledger.js';
import { isCurrency } from '../ledger/currency.js';
import { minorDigits } from '../ledger/domain/decimal.js';
import { startProgress } from './progress.js';
import { ServedLedger } from './served-ledger.js';
import { runningService } from './service.js';
import { print } from './standard-output.js';
import { Interrupt, withLedger } from './tool.js';

interface ImportOptions {
  readonly columns: Layout['columns'];
  readonly kinds: Layout['kinds'];
  readonly delimiter: string;
  readonly dateFormat?: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly decimal?: boolean;
  readonly feeBasisPoints: number;
  readonly leaveOpen?: boolean;
  readonly json?: boolean;
}

export function importCommand(): Command {
  return new Command('import')
    .description('plays recorded transactions through the ledger, each at its own time')
    .argument('<file>', 'a CSV file; docs/import.md gives its columns')
    .option(
      '--columns <names>',
      'what the columns are called, as amount=Total,datetime=When',
      columns,
      COLUMNS,
    )
    .option(
      '--kinds <names>',
      'what the kinds of rows are called, as sale=Charge,cancel=Refund',
      kinds,
      KINDS,
    )
    .option('--delimiter <character>', 'what stands between columns', delimiter, ',')
    .option('--date-format <format>', 'of the times, as dd/MM/yyyy HH:mm; ISO 8601 without it')
    .option('--currency <code>', 'ISO 4217', currency, 'GBP')
    .option(
      '--time-zone <name>',
      'the zone of the times and of the merchants',
      timeZone,
      'Europe/London',
    )
    .option('--decimal', 'amounts are in major units, with a decimal point')
    .option('--fee-basis-points <number>', 'the fee of the merchants', basisPoints, 0)
    .option('--leave-open', 'leave the last day open')
    .option('--json', 'print the summary as JSON')
    .action(async (file: string, options: ImportOptions) => {
      process.exitCode = await run(file, options);
    });
}

/** 0 done, 1 the balances differ from the trade, else interrupted. */
async function run(file: string, options: ImportOptions): Promise<number> {
  const { currency: code, decimal } = options;
  const interrupt = new Interrupt();
  const rows = await readTrade(file, { ...options, decimals: decimal ? minorDigits(code) : 0 });
  const summary = await withPlayedLedger(settingsOfProcess(), async (ledger) => {
    const trade = new TradeImport(ledger, settings(options), interrupt);
    const progress = startProgress('import', rows.length, options.json);
    try {
      return await trade.run(rows, progress, options.leaveOpen === true);
    } finally {
      progress.end();
    }
  });
  print(options.json ? exactText(summary) : asText(summary, code));
  if (summary.isInterrupted) return interrupt.exitCode;
  return faultsOf(summary).length === 0 ? 0 : 1;
}

/** Through the service that owns the folder, if there is one; else on the folder itself. */
async function withPlayedLedger<T>(
  settings: Settings,
  work: (ledger: PlayedLedger) => Promise<T>,
): Promise<T> {
  const service = runningService(settings);
  if (service) return work(new ServedLedger(service));
  return withLedger((tool) => work(new OwnLedger(tool)), settings);
}

function settings({
  currency: code,
  timeZone,
  feeBasisPoints,
}: ImportOptions): Omit<MerchantSettings, 'name'> {
  const fee = { basisPoints: feeBasisPoints };
  const voidPolicy = { partial: true };
  return settingsOf({ name: '', currency: code, timeZone, fee, voidPolicy });
}

function asText(summary: ImportSummary, code: string): string {
  const { split, refused, notSent, unreadLines } = summary;
  const total = summary.merchants.reduce((sum, { net }) => sum + net, 0n);
  const wrong = faultsOf(summary);
  const lines = [
    figure('rows', `${summary.rows} of ${summary.rowsInFile}`),
    figure('sales accepted', summary.sales),
    figure('voids', summary.voids),
    figure('refunds', summary.refunds),
    figure('waiting for approval', summary.awaitingApproval),
    figure('split cancellations', `${split.rows}, into ${split.requests} requests`),
    ...Object.entries(refused).map(([why, count]) => figure(`refused, ${why}`, count)),
    ...Object.entries(notSent).map(([why, count]) => figure(`not sent, ${why}`, count)),
    ...(unreadLines.length > 0 ? [figure('unreadable lines', unreadLines.join(', '))] : []),
    figure('played by an earlier run', summary.replayed),
    figure('the ledger', summary.changedTheLedger ? 'has changed' : 'has not changed'),
    '',
    `net by merchant, in minor units of ${code}`,
    ...summary.merchants.map(({ merchantId, net }) => `  ${merchantId.padEnd(16)} ${net}`),
    `  ${'all'.padEnd(16)} ${total}`,
    '',
    ...(wrong.length === 0
      ? [
          'The balances have grown by the accepted sales less what was given back, to the minor unit.',
        ]
      : wrong),
    ...summary.merchants
      .filter(({ net, books }) => net !== books)
      .map(({ merchantId, net, books }) => `${merchantId} holds ${books - net} of other trade.`),
    ...(summary.isInterrupted ? ['Interrupted: run it again to go on.'] : []),
  ];
  return lines.join('\n');
}

function figure(what: string, value: string | number): string {
  return `${what.padEnd(50)} ${value}`;
}

const columns = (text: string, before: Layout['columns']): Layout['columns'] =>
  named<Column>(text, before);

const kinds = (text: string, before: Layout['kinds']): Layout['kinds'] => named(text, before);

/** `names` with those that the text gives, as `amount=Total,country=Shop`. */
function named<N extends string>(
  text: string,
  names: Readonly<Record<N, string>>,
): Readonly<Record<N, string>> {
  const given: Record<N, string> = { ...names };
  for (const pair of text.split(',')) {
    const [what = '', name = ''] = pair.split('=');
    if (!Object.hasOwn(names, what) || name === '') {
      throw new InvalidArgumentError(
        `'${pair}' is not one of ${Object.keys(names).join(', ')} with '=' and a name.`,
      );
    }
    given[what as N] = name;
  }
  return given;
}

function currency(text: string): string {
  if (isCurrency(text)) return text;
  throw new InvalidArgumentError('Not a currency of ISO 4217 that a card can pay in.');
}

function timeZone(text: string): string {
  if (isTimeZone(text)) return text;
  throw new InvalidArgumentError('Not an IANA time zone.');
}

function delimiter(text: string): string {
  const character = text === '\\t' ? '\t' : text;
  if (character.length === 1) return character;
  throw new InvalidArgumentError('One character, or \\t.');
}

function basisPoints(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 10_000) return value;
  throw new InvalidArgumentError('A whole number from 0 to 10000.');
}
