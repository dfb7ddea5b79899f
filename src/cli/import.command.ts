import { Command, InvalidArgumentError } from 'commander';
import type { MerchantSettings } from '../merchants/domain/merchant.events.js';
import { type ImportSummary, TradeImport } from './import.js';
import { type Column, COLUMNS, type Layout, readTrade } from './import-rows.js';
import { startProgress } from './progress.js';
import { Interrupt, withLedger } from './tool.js';

interface ImportOptions {
  readonly columns: Layout['columns'];
  readonly delimiter: string;
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
    .option('--delimiter <character>', 'what stands between columns', ',')
    .option('--currency <code>', 'ISO 4217', currency, 'GBP')
    .option('--time-zone <name>', 'the zone of the times and of the merchants', 'Europe/London')
    .option('--decimal', 'amounts are in major units, with a decimal point')
    .option('--fee-basis-points <number>', 'the fee of the merchants', basisPoints, 0)
    .option('--leave-open', 'leave the last day open')
    .option('--json', 'print the summary as JSON')
    .action(async (file: string, options: ImportOptions) => {
      process.exitCode = await run(file, options);
    });
}

/** 0 done, 1 the balances differ from the trade, 130 interrupted. */
async function run(file: string, options: ImportOptions): Promise<number> {
  const { columns, delimiter, timeZone, decimal, currency: code } = options;
  const decimals = decimal ? minorDigits(code) : 0;
  const rows = await readTrade(file, { columns, delimiter, timeZone, decimals });
  const summary = await withLedger((tool) => {
    const trade = new TradeImport(tool, settings(options), new Interrupt());
    return trade.run(rows, startProgress('import', rows.length), options.leaveOpen === true);
  });
  process.stdout.write(options.json ? asJson(summary) : asText(summary, code));
  if (summary.isInterrupted) return 130;
  return differing(summary).length === 0 ? 0 : 1;
}

function settings({
  currency: code,
  timeZone,
  feeBasisPoints,
}: ImportOptions): Omit<MerchantSettings, 'name'> {
  return {
    currency: code,
    timeZone,
    dayCloseAt: '00:00',
    settlementCycle: 'T1',
    holidays: [],
    fee: { basisPoints: feeBasisPoints },
    voidPolicy: { partial: true, consent: false, cardPresent: false },
    refundPolicy: {
      windowDays: 180,
      whileVoidable: 'refuse',
      feeReturn: 'keep',
      negativeBalance: true,
    },
  };
}

/** @returns the merchants whose books are not what was taken less what was given back */
function differing({ merchants }: ImportSummary): ImportSummary['merchants'] {
  return merchants.filter(({ net, books }) => net !== books);
}

function asJson(summary: ImportSummary): string {
  const text = (_key: string, value: unknown): unknown =>
    typeof value === 'bigint' ? String(value) : value;
  return `${JSON.stringify(summary, text, 2)}\n`;
}

function asText(summary: ImportSummary, code: string): string {
  const total = summary.merchants.reduce((sum, { net }) => sum + net, 0n);
  const wrong = differing(summary);
  return [
    `rows read                 ${summary.rows}`,
    `sales accepted            ${summary.sales}`,
    `voids                     ${summary.voids}`,
    `refunds                   ${summary.refunds}`,
    `split cancellations       ${summary.split.rows}, into ${summary.split.requests} requests`,
    ...Object.entries(summary.refused).map(([why, n]) => `refused, ${why}: ${n}`),
    ...Object.entries(summary.notSent).map(([why, n]) => `not sent, ${why}: ${n}`),
    ...(summary.unreadLines.length > 0
      ? [`unreadable lines          ${summary.unreadLines.join(', ')} …`]
      : []),
    `sent by an earlier run    ${summary.replayed}`,
    `events written            ${summary.eventsWritten}`,
    '',
    `net by merchant, in minor units of ${code}`,
    ...summary.merchants.map(({ merchantId, net }) => `  ${merchantId.padEnd(16)} ${net}`),
    `  ${'all'.padEnd(16)} ${total}`,
    wrong.length === 0
      ? 'The balances are the accepted sales less what was given back.'
      : `The balances differ for ${wrong.map(({ merchantId, books }) => `${merchantId} (${books})`).join(', ')}.`,
    summary.isInterrupted ? 'Interrupted: run it again to go on.' : '',
  ]
    .join('\n')
    .concat('\n');
}

function columns(text: string): Layout['columns'] {
  const named: Record<Column, string> = { ...COLUMNS };
  for (const pair of text.split(',')) {
    const [column = '', name = ''] = pair.split('=');
    if (!Object.hasOwn(COLUMNS, column) || name === '') {
      throw new InvalidArgumentError(
        `'${pair}': as column=name, with a column of ${Object.keys(COLUMNS).join(', ')}`,
      );
    }
    named[column as Column] = name;
  }
  return named;
}

function currency(text: string): string {
  if (/^[A-Z]{3}$/.test(text)) return text;
  throw new InvalidArgumentError('three letters of ISO 4217');
}

function basisPoints(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 10_000) return value;
  throw new InvalidArgumentError('a whole number from 0 to 10000');
}

function minorDigits(code: string): number {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: code });
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}
