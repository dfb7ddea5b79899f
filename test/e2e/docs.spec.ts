import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Tillbook } from '../support/tillbook.js';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENTED_URL = 'http://127.0.0.1:3000';

const PAGES = ['README.md', ...markdownBelow('docs')];

function markdownBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** What a reader of the page types, in order: its shell blocks but those that start something. */
function commandsOf(page: string): string {
  const blocks = [...read(page).matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
  return blocks.filter((block) => !block.includes('npm ')).join('\n');
}

/** What each command printed, one JSON document a line, against a service of its own. */
async function follow(page: string): Promise<Record<string, unknown>[]> {
  const tillbook = await Tillbook.start();
  const script = commandsOf(page).replaceAll(DOCUMENTED_URL, tillbook.url);
  const { stdout } = await promisify(execFile)('bash', ['-euc', script]);
  tillbook.close();
  const lines = stdout.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the pages for readers', () => {
  test('the README’s commands void, close and refund as it says', async () => {
    const answers = await follow('README.md');

    expect(answers).toMatchObject([
      { merchantId: 'TEAHOUSE', voidRight: 'active' },
      { terminalId: 'T1', storeId: 'MAIN' },
      { saleId: 'TEAHOUSE.T1.000001.000001', status: 'open' },
      { decision: 'void' },
      { voidId: 'TEAHOUSE.T1.000001.000002', amount: 3_000, remaining: 7_000 },
      { batches: [{ status: 'closed', settled: { amount: 7_000, fee: 42, net: 6_958 } }] },
      { status: 409, code: 'funds-not-settled', nextStep: 'refund' },
      { refundId: 'TEAHOUSE.T1.000002.000002', remaining: 5_000 },
      [{ currency: 'CNY', pending: 0, available: 4_958 }],
    ]);
  });

  test('the tutorial’s day goes as it tells', async () => {
    const answers = await follow('docs/tutorial.md');

    const told = answers.map(({ status, code, decision }) => status ?? decision ?? code);
    expect(told.filter((what) => what !== undefined)).toEqual([
      ...['open', 'open', 'open'],
      ...['void', 'voided'],
      ...[409, 'refund'],
      'closed',
      'settled',
      'void',
    ]);
    const balances = answers.filter((answer) => Array.isArray(answer));
    expect(balances).toMatchObject([[{ receivable: 0 }], [{ receivable: 8_000 }]]);
  });

  test.each(PAGES)('%s links only to what is there', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];

    const missing = links
      .map(([link, to, heading]) => ({
        link,
        target: to ? join(dirname(page), to) : page,
        heading,
      }))
      .filter(({ target, heading }) => !isThere(target, heading));

    expect(missing).toEqual([]);
  });
});

function isThere(target: string, heading: string | undefined): boolean {
  if (!existsSync(join(ROOT, target))) return false;
  return heading === undefined || headingsOf(target).includes(heading);
}

/** As links name them: small letters, hyphens for spaces, and no other signs. */
function headingsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
